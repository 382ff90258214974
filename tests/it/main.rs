//! Everything above the unit tests, in one binary: the house's order, the edge in process, and the real binary.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails where it stands")]
#![expect(clippy::disallowed_methods, reason = "a test's clients are tasks that end with it")]

mod acme;
mod authoring;
mod authorisation;
mod authority;
mod bad_days;
mod balancer;
mod below;
mod bench;
mod binary;
mod cli;
mod cluster;
mod consoles;
mod data;
mod edge;
mod encryption;
mod faults;
mod house;
mod jobs;
mod leak;
mod mail_server;
mod night;
mod outbound;
mod operator;
mod pebble_server;
mod postgres_server;
mod practice;
mod proxy;
mod redis_server;
mod replicas;
mod room;
mod secrets;
mod server;
#[cfg(unix)]
mod sockets;
mod support;
