//! The rules, from the outside: short scripts to snapshots, and properties of every run.

mod adjusting;
mod moderation;
mod nearest;
mod pace;
mod properties;
mod script;
mod scripts;
