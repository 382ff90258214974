//! Authored material: what a question, a bank and a quiz may hold, and how they come from files and
//! go into files.
//!
//! Pure: no I/O, no clock, no randomness, and nothing of ours but the limits.
//!
//! Everything that arrives from outside is an *input* type that takes any shape, and becomes the
//! checked type through a `check` that names **every** problem at once. Nothing is ever cut to fit,
//! and nothing is dropped in silence.

pub mod question;

pub mod bank;
#[expect(clippy::module_inception, reason = "each resource has the same file name in every room")]
pub mod quiz;

pub mod import;

pub mod export;

pub mod samples;

pub mod similar;

pub mod text;
