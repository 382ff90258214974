//! Everything above the unit tests, in one binary: the house's order, the edge in process, and the real binary.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails where it stands")]
#![expect(clippy::disallowed_methods, reason = "a test's clients are tasks that end with it")]

mod authoring;
mod authorisation;
mod binary;
mod cluster;
mod consoles;
mod edge;
mod house;
mod leak;
mod night;
mod practice;
mod redis_server;
mod replicas;
mod server;
mod support;
