//! `quibble bench`: plays games on a running server with many phones at once, and says how long everything took.
//!
//! It uses the published interface only, and weakens no limit of the server's: it is a host with phones. Every phone
//! checks what it gets, down to its score, so that a run in which anything is lost fails.

pub(super) mod client;
mod game;
mod host;
mod night;
pub(super) mod options;
mod phone;
mod process;
mod report;

pub use options::Options;

use night::Night;

/// Measures, prints the figures, and leaves the server as it was but for games that are over.
///
/// # Errors
/// In words, when something is refused, or anything that was to come did not.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let mut night = Night::new(options).await?;
    let played = tokio::select! {
        played = night.play() => played,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Into::into).and(Err(anyhow::anyhow!("interrupted"))),
    };
    night.clean_up().await;
    let problem = played.as_ref().err().map(|error| format!("{error:#}"));
    if options.json {
        println!("{:#}", night.report.json(options, problem.as_deref()));
    } else {
        println!("{}", night.report.table());
    }
    played
}
