//! What a package puts beside the program: completions and manual pages; and which version it is.

use crate::game::view::PROTOCOL;
use clap::Command;
use clap_complete::Shell;
use serde_json::json;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

pub fn version(as_json: bool) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    if as_json {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        println!("{}", json!({ "version": version, "protocol": PROTOCOL, "os": os, "arch": arch }));
    } else {
        println!("quibble {version}");
    }
    ExitCode::SUCCESS
}

pub fn completions(shell: Shell, mut command: Command) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "quibble", &mut script);
    wrote(io::stdout().write_all(&script))
}

/// The page of the program on standard output, or those of all commands as files: `quibble-migrate-up.1` and the like.
pub fn man(into: Option<&Path>, command: Command) -> ExitCode {
    let written = match into {
        Some(dir) => fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir)),
        None => clap_mangen::Man::new(command).render(&mut io::stdout()),
    };
    wrote(written)
}

/// A reader that has seen enough is no failure.
fn wrote(done: io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("This cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}
