//! Quibble: live trivia nights on your own machine, in one binary.
//!
//! `docs/ARCHITECTURE.md` describes the house; each room says at its door what it is for.

pub mod game;
pub mod quiz;
pub mod store;
pub mod bus;
pub mod live;
pub mod jobs;
pub mod acme;
pub mod auth;
pub mod http;
pub mod net;
pub mod config;
pub mod telemetry;
pub mod cli;
pub mod run;
pub mod clock;
pub mod ids;
pub mod limits;
pub mod pace;
