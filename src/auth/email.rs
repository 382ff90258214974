//! Addresses of e-mail.

use crate::limits::EMAIL_BYTES_MAX;

/// What nobody can be written to at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not an e-mail address. Write it like anna@example.org.")]
pub struct BadEmail;

/// An address as somebody wrote it, without the space around it (RFC 5321, section 4.1.2).
///
/// # Errors
/// When nobody can be written to there.
pub fn email(text: &str) -> Result<&str, BadEmail> {
    let email = text.trim();
    let fits = email.len() <= EMAIL_BYTES_MAX && email.parse::<lettre::Address>().is_ok();
    if fits { Ok(email) } else { Err(BadEmail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_be_written_to() {
        assert_eq!(email(" anna@example.org "), Ok("anna@example.org"));
        let longest = format!("a@{}.{}.{}.org", "b".repeat(63), "c".repeat(63), "d".repeat(63));
        assert!(email(&longest).is_ok() && longest.len() <= EMAIL_BYTES_MAX);
        for bad in
            ["", "anna", "anna@", "Anna <anna@example.org>", "a@b\nc", &format!("{}@example.org", "a".repeat(250))]
        {
            assert_eq!(email(bad), Err(BadEmail), "{bad:?}");
        }
    }
}
