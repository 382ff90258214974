//! Secrets from files and from standard input: never from the command line itself, which others on the machine see.

use crate::limits::PASSWORD_CHARS_MAX;
use anyhow::{Context, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The longest line that is read, in bytes: more than the longest password has.
const LINE_BYTES_MAX: u64 = 4 * PASSWORD_CHARS_MAX as u64 + 2;

/// The first line of a file, without its end.
///
/// # Errors
/// In words, when it cannot be read or is too long.
pub(super) fn first_line_of(file: &Path) -> anyhow::Result<String> {
    let about = || format!("the secret in {} cannot be read", file.display());
    first_line(File::open(file).with_context(about)?).with_context(about)
}

/// The first line, without its end.
///
/// # Errors
/// In words, when it cannot be read or is too long.
pub(super) fn first_line(from: impl Read) -> anyhow::Result<String> {
    let mut line = String::new();
    BufReader::new(from.take(LINE_BYTES_MAX + 1)).read_line(&mut line)?;
    ensure!(line.len() as u64 <= LINE_BYTES_MAX, "its first line has more than {PASSWORD_CHARS_MAX} characters");
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_whatever_ends_it() {
        for text in ["correct horse ", "correct horse \n", "correct horse \r\nand more\n"] {
            assert_eq!(first_line(text.as_bytes()).unwrap(), "correct horse ", "{text:?}");
        }
        assert_eq!(first_line(&b""[..]).unwrap(), "");
        let longest = "\u{10348}".repeat(PASSWORD_CHARS_MAX);
        assert_eq!(first_line(format!("{longest}\r\n").as_bytes()).unwrap(), longest);
        assert!(first_line(format!("{longest}abc").as_bytes()).is_err());
    }
}
