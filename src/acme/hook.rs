//! dns-01 by a program of the operator's, which can change the records of the domain.

use super::problem::OrderError;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The program waits until all name servers know the record: some need minutes.
const DONE_WITHIN: Duration = Duration::from_secs(600);

/// Characters of what it says that are passed on.
const SAID_CHARS_MAX: usize = 300;

/// What it is to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Set,
    Clear,
}

/// Runs `PROGRAM set|clear _acme-challenge.NAME VALUE`.
///
/// # Errors
/// In words, when it cannot be run, fails or takes too long.
pub(super) async fn run(program: &Path, act: Act, name: &str, value: &str) -> Result<(), OrderError> {
    let act = match act {
        Act::Set => "set",
        Act::Clear => "clear",
    };
    let mut command = Command::new(program);
    command.args([act, &format!("_acme-challenge.{name}"), value]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let failed = |why: String| OrderError::Hook(format!("{} {act}: {why}.", program.display()));
    let ended = match timeout(DONE_WITHIN, command.output()).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_) => return Err(failed(format!("it took longer than {} minutes", DONE_WITHIN.as_secs() / 60))),
    };
    if ended.status.success() {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&ended.stderr).trim().chars().take(SAID_CHARS_MAX).collect();
    Err(failed(format!("{}, {said}", ended.status)))
}
