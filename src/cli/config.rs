//! `quibble config …`: what this machine is set to.

use crate::config::{Config, ConfigError, DEFAULTS, Effective, Layer, Shown, Sources, reference};
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the configuration is good, or everything that is wrong with it
    Check,
    /// Print every setting that is in effect, as a configuration file; secrets are hidden
    Show {
        /// Say where each value comes from
        #[arg(long)]
        origin: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a configuration file with every setting described and at its default
    Generate,
    /// Print a JSON Schema of the configuration file, for editors
    Schema,
}

/// Runs one of the commands.
///
/// # Errors
/// Everything that is wrong with the configuration, where it is asked for.
pub fn run(command: &ConfigCommand, sources: Sources) -> Result<(), ConfigError> {
    match command {
        ConfigCommand::Check => check(&Config::load(sources)?),
        ConfigCommand::Show { json: true, .. } => show_json(&Config::load(sources)?.effective),
        ConfigCommand::Show { origin, json: false } => show(&Config::load(sources)?.effective, *origin),
        ConfigCommand::Schema => println!("{:#}", reference::schema()),
        ConfigCommand::Generate => print!("{DEFAULTS}"),
    }
    Ok(())
}

fn check(config: &Config) {
    for warning in &config.warnings {
        println!("Note: {warning}.");
    }
    match &config.file {
        Some(file) => println!("The configuration is good. Its file is {}.", file.display()),
        None => println!("The configuration is good. There is no file."),
    }
}

fn show(settings: &[Effective], with_origin: bool) {
    let mut section = "";
    for Effective { key, given } in settings {
        let (its_section, leaf) = key.split_once('.').unwrap_or(("", key));
        if its_section != section {
            println!("{}[{its_section}]", if section.is_empty() { "" } else { "\n" });
            section = its_section;
        }
        let line = match given {
            None => format!("#{leaf} is not set"),
            Some((Shown::Hidden(_), _)) => format!("#{leaf} is set, and a secret"),
            Some((Shown::Value(value), _)) => format!("{leaf} = {value}"),
        };
        match given {
            Some((_, origin)) if with_origin => println!("{line} # from {origin}"),
            Some(_) | None => println!("{line}"),
        }
    }
}

fn show_json(settings: &[Effective]) {
    let setting = |Effective { key, given }: &Effective| {
        let (value, is_secret) = match given {
            Some((Shown::Value(value), _)) => (Some(value), false),
            Some((Shown::Hidden(_), _)) => (None, true),
            None => (None, false),
        };
        let origin = given.as_ref().map(|(_, origin)| {
            let layer = match origin.layer {
                Layer::Credential => "credential",
                Layer::Default => "default",
                Layer::Environment => "environment",
                Layer::File => "file",
                Layer::Flag => "flag",
            };
            json!({ "layer": layer, "place": origin.place })
        });
        json!({ "key": key, "value": value, "secret": is_secret, "origin": origin })
    };
    println!("{:#}", settings.iter().map(setting).collect::<serde_json::Value>());
}
