//! What went wrong with an order, for whoever has to put it right.

use crate::store::{Challenge, StoreError};
use instant_acme::Problem;

/// Characters of what is said about one try: it is kept, and an authority may say what it likes.
const SAID_CHARS_MAX: usize = 1_000;

const HOOK_FAILED: &str = "The program of acme.dns_hook failed";

/// What went wrong, without what a program of the operator's said: who looks after this process may read that, and who
/// hosts a night may be somebody else.
pub fn for_hosts(problem: &str) -> String {
    if problem.starts_with(HOOK_FAILED) {
        return format!("{HOOK_FAILED}. On the server, `quibble tls status` says why.");
    }
    problem.to_owned()
}

/// Why there is no certificate. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    /// The authority could not make sure that a name is ours.
    #[error("{}", words(.name, *.challenge, .problem))]
    Unproved { name: String, challenge: Challenge, problem: Problem },
    /// It said no to the order.
    #[error("{}", refusal(.0))]
    Refused(Problem),
    #[error("The certificate authority offers no {} for {name}. Choose another acme.challenge.", .challenge.text())]
    NotOffered { name: String, challenge: Challenge },
    #[error("The certificate authority did not come to an end with the order ({0}).")]
    Undecided(&'static str),
    #[error("{HOOK_FAILED}: {0}")]
    Hook(String),
    #[error("The certificate that came cannot be used: {0}.")]
    Unusable(String),
    #[error("Another process of this Quibble has taken over the order.")]
    TakenOver,
    #[error("The certificate authority cannot be spoken with: {0}.")]
    Unreachable(instant_acme::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<instant_acme::Error> for OrderError {
    fn from(error: instant_acme::Error) -> Self {
        match error {
            instant_acme::Error::Api(problem) => Self::Refused(problem),
            instant_acme::Error::Timeout(_) => Self::Undecided("it took too long"),
            error => Self::Unreachable(error),
        }
    }
}

impl OrderError {
    /// What the authority says to an answer for `name`: some look at once.
    pub fn of_answer(error: instant_acme::Error, name: String, challenge: Challenge) -> Self {
        match error {
            instant_acme::Error::Api(problem) if is_of_a_look(&problem) => Self::Unproved { name, challenge, problem },
            error => error.into(),
        }
    }

    /// For people: one line, not too long.
    pub fn said(&self) -> String {
        let said = self.to_string();
        let line = |letter: char| if letter.is_control() { ' ' } else { letter };
        said.chars().take(SAID_CHARS_MAX).map(line).collect()
    }

    /// The authority takes no number that was used or is too old; it gives another.
    pub fn is_about_a_nonce(&self) -> bool {
        matches!(self, Self::Refused(problem) if kind(problem) == "badNonce")
    }

    /// The authority does not know our account any more.
    pub fn is_about_the_account(&self) -> bool {
        matches!(self, Self::Refused(problem) if kind(problem) == "accountDoesNotExist")
    }

    /// The authority does not work at the moment.
    pub fn is_about_the_authority(&self) -> bool {
        match self {
            Self::Refused(problem) => kind(problem) == "serverInternal",
            Self::Unreachable(error) => !says_nothing_of_a_renewal(error),
            _ => false,
        }
    }

    /// The authority does not take an order as a renewal of the certificate that we have: it may have done so before.
    pub fn is_about_the_renewal(&self) -> bool {
        match self {
            Self::Refused(problem) => matches!(kind(problem), "alreadyReplaced" | "malformed" | "conflict"),
            Self::Unreachable(error) => says_nothing_of_a_renewal(error),
            _ => false,
        }
    }
}

/// An order was taken, and nothing said of what it replaces.
fn says_nothing_of_a_renewal(error: &instant_acme::Error) -> bool {
    matches!(error, instant_acme::Error::Other(other) if other.to_string().starts_with("replaces field mismatch"))
}

/// It is about what was found where a name leads.
fn is_of_a_look(problem: &Problem) -> bool {
    matches!(kind(problem), "dns" | "connection" | "tls" | "caa" | "unauthorized" | "incorrectResponse")
}

/// The last part of the type of a problem ([RFC 8555 §6.7](https://www.rfc-editor.org/rfc/rfc8555#section-6.7)).
fn kind(problem: &Problem) -> &str {
    problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default()
}

/// Nobody finds an address for it.
pub(super) fn leads_nowhere(name: &str) -> String {
    format!(
        "The name {name} leads nowhere. Set an A record, and an AAAA record if there is IPv6, to the public address of \
         this server."
    )
}

fn words(name: &str, challenge: Challenge, problem: &Problem) -> String {
    let port = if challenge == Challenge::TlsAlpn01 { 443 } else { 80 };
    let said = match (kind(problem), challenge) {
        ("dns" | "unauthorized" | "incorrectResponse", Challenge::Dns01) => format!(
            "The record _acme-challenge.{} was not found, or not with the right value: the program of acme.dns_hook must \
             wait until all name servers know it.",
            name.trim_start_matches("*.")
        ),
        ("dns", _) => leads_nowhere(name),
        ("connection", _) => format!(
            "Nobody answers at port {port} of {name}. Open it in the firewall, let the router pass it on to this server, \
             and look whether the name leads here."
        ),
        ("unauthorized" | "incorrectResponse", _) => {
            format!("Somebody else answers at port {port} of {name}. Look whether the name leads to this server.")
        }
        ("tls", _) => format!("What answers at port {port} of {name} does not speak TLS as we do."),
        ("caa", _) => {
            format!(
                "A CAA record of {name} lets other certificate authorities in, but not this one. Add it, or remove that."
            )
        }
        _ => return refusal(problem),
    };
    with_detail(&said, problem)
}

fn refusal(problem: &Problem) -> String {
    let said = match kind(problem) {
        "rateLimited" => "The certificate authority has given out too many for this name or address lately, and waits.",
        "rejectedIdentifier" => "The certificate authority gives no certificate for such a name.",
        "externalAccountRequired" => {
            "The certificate authority wants to know whose account it is: set acme.eab_key_id and acme.eab_key."
        }
        "invalidContact" | "unsupportedContact" => "The certificate authority does not take the address in acme.email.",
        "invalidProfile" => "The certificate authority does not know the profile in acme.profile.",
        "caa" => "A CAA record lets other certificate authorities in, but not this one.",
        _ => "The certificate authority has refused.",
    };
    with_detail(said, problem)
}

/// With the authority's own words, which other sentences may follow.
fn with_detail(said: &str, problem: &Problem) -> String {
    match &problem.detail {
        Some(detail) if detail.ends_with(['.', '!', '?']) => format!("{said} It says: {detail}"),
        Some(detail) => format!("{said} It says: {detail}."),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_do_not_read_what_a_program_of_the_operator_said() {
        let failed = OrderError::Hook("/etc/hook set: exit status: 1, bad token s3cret.".to_owned()).to_string();
        assert!(failed.contains("s3cret"));
        let shown = for_hosts(&failed);
        assert!(shown.starts_with(HOOK_FAILED) && !shown.contains("s3cret"), "{shown}");
        let other = OrderError::Undecided("it took too long").to_string();
        assert_eq!(for_hosts(&other), other);
    }

    #[test]
    fn the_words_of_an_authority_end_as_a_sentence_does() {
        for detail in ["Timeout (likely firewall problem)", "Timeout (likely firewall problem)."] {
            let problem = serde_json::from_value(serde_json::json!({ "detail": detail })).unwrap();
            let said = OrderError::Refused(problem).to_string();
            assert!(said.ends_with("refused. It says: Timeout (likely firewall problem)."), "{said}");
        }
    }
}
