//! A text that must not be seen.

use super::problem::Wrong;
use std::fmt;

/// A secret: `Debug` and `Display` hide it, and nothing compares or serialises it by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes charge of `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A secret that travels in a header.
    pub(super) fn for_header(text: &str) -> Result<Self, Wrong> {
        if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self::new(text));
        }
        Err(Wrong::new("must be letters, digits and signs of ASCII, without spaces: it is sent in a header"))
    }

    /// The secret itself. Compare it in constant time, and never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_hidden_until_asked_for() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {secret:#?} {:?}", Some(&secret)).find("hunter2"), None);
        assert_eq!(secret.expose(), "hunter2");
    }
}
