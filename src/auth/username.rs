//! Names of accounts.

use crate::limits::USERNAME_CHARS_MAX;

/// A name that no account can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a name of 1 to {USERNAME_CHARS_MAX} characters.")]
pub struct BadUsername;

/// A name as somebody wrote it, without the space around it.
///
/// # Errors
/// When it is empty, too long, or has characters that nobody sees.
pub fn username(text: &str) -> Result<&str, BadUsername> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= USERNAME_CHARS_MAX && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(BadUsername) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_seen_and_not_too_long() {
        assert_eq!(username(" Pat Ünal "), Ok("Pat Ünal"));
        assert!(username(&"ü".repeat(USERNAME_CHARS_MAX)).is_ok());
        for bad in ["", "  ", "a\nb", &"a".repeat(USERNAME_CHARS_MAX + 1)] {
            assert_eq!(username(bad), Err(BadUsername), "{bad:?}");
        }
    }
}
