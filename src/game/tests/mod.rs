//! The rules, from the outside: short scripts to snapshots, and properties of every run.

mod properties;
mod script;
mod scripts;
