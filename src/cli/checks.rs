//! How checks are shown.

use crate::run::doctor::{Check, CheckState};
use serde_json::json;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints them. The exit code is 0 where nothing is a problem, else 1.
pub fn show(checks: &[Check], as_json: bool) -> ExitCode {
    let problems = count(checks, CheckState::Problem);
    let text = if as_json {
        format!("{:#}\n", json!({ "ok": problems == 0, "version": env!("CARGO_PKG_VERSION"), "checks": checks }))
    } else {
        written(checks)
    };
    // A reader that has seen enough is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
    if problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn written(checks: &[Check]) -> String {
    let line = |Check { name, state, found, advice }: &Check| {
        let state = match state {
            CheckState::Ok => "ok",
            CheckState::Warning => "warning",
            CheckState::Problem => "problem",
        };
        let advice = advice.as_ref().map_or_else(String::new, |advice| format!("         do: {advice}\n"));
        format!("{state:<8} {}: {found}\n{advice}", name.replace('_', " "))
    };
    let lines: String = checks.iter().map(line).collect();
    let many = |state, what| match count(checks, state) {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let (problems, warnings) = (many(CheckState::Problem, "problem"), many(CheckState::Warning, "warning"));
    format!("{lines}\n{} checks: {problems}, {warnings}.\n", checks.len())
}

fn count(checks: &[Check], state: CheckState) -> usize {
    checks.iter().filter(|check| check.state == state).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_says_what_was_found_and_what_to_do() {
        let checks = [
            Check::ok("clock", "it is Thursday"),
            Check::warning("open_files", "few may be open", "allow more"),
            Check::problem("database", "it is gone", "fetch it"),
        ];
        insta::assert_snapshot!(written(&checks), @"
        ok       clock: it is Thursday
        warning  open files: few may be open
                 do: allow more
        problem  database: it is gone
                 do: fetch it

        3 checks: 1 problem, 1 warning.
        ");
    }
}
