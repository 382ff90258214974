//! An authority that answers in odd ways.

use super::manner::{Replacing, Sends};
use super::*;

/// A process whose certificate is due for renewal.
async fn due(venue: &Venue) -> Acme {
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    acme.turn().await.unwrap();
    venue.turn_to(venue.renewal().await.at);
    acme
}

#[tokio::test]
async fn where_a_renewal_is_not_taken_as_one_a_new_certificate_is_asked_for_once() {
    for replacing in [Replacing::Refused, Replacing::Unsaid] {
        let venue = Venue::new().await;
        let mut acme = due(&venue).await;
        let old = shown(&acme);
        venue.production.now(|manner| manner.replacing = replacing);
        acme.turn().await.unwrap();
        assert_ne!(shown(&acme), old);
        let orders = venue.production.seen().orders;
        assert!(matches!(&orders[..], [None, Some(_), None]), "{orders:?}");
        assert!(!venue.last().await.is_exempt);
        assert_eq!(venue.attempts().await.len(), 2);
    }
}

#[tokio::test]
async fn a_renewal_that_somebody_wants_before_its_window_is_counted() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    acme.turn().await.unwrap();
    for _ in 0..10 {
        venue.turn_to(venue.clock.now_ms() + HOUR_MS);
        venue.store.want_certificate(NAME, venue.clock.now_ms()).await.unwrap();
        acme.turn().await.unwrap();
        acme.turn().await.unwrap();
    }
    let orders = venue.production.seen().orders;
    assert!(matches!(&orders[..], [None, Some(_)]), "{orders:?}");
    assert!(!venue.last().await.is_exempt);
}

/// For another name, for one of two, unreadable, and with a key that is not ours.
#[tokio::test]
async fn what_is_not_what_was_asked_for_is_refused_in_words_and_not_kept() {
    for (sends, said) in [
        (Sends::ForOtherNames, "it is not for quiz.example.org, but for other.example.org"),
        (Sends::ForTheFirstNameOnly, "it is not for pub.example.org, but for quiz.example.org"),
        (Sends::Nonsense, "the first certificate cannot be read"),
        (Sends::WithAnotherKey, "the certificate and the key do not belong together"),
    ] {
        let venue = Venue::new().await;
        let domains = vec![NAME.to_owned(), "pub.example.org".to_owned()];
        let mut acme = venue.acme_with(config::Acme { domains, ..venue.config() }, "the secret key");
        venue.production.now(|manner| manner.sends = sends);
        acme.turn().await.unwrap();
        assert_eq!(shown(&acme), None);
        assert_eq!(venue.store.certificate(&acme.names).await.unwrap(), None);
        let tried = venue.store.attempts(&acme.names, START_MS).await.unwrap();
        let problem = tried[0].problem.as_deref().unwrap();
        assert!(problem.starts_with("The certificate that came cannot be used: "), "{problem}");
        assert!(problem.contains(said), "{problem}");
    }
}

/// The library gives up after three.
#[tokio::test]
async fn an_authority_that_takes_no_nonce_for_a_while_costs_no_try() {
    for at in ["/order", "/finalize"] {
        let venue = Venue::new().await;
        let refused = Refusal { times: 3, ..refusal(at, 400, "badNonce", "too old") };
        venue.production.now(|manner| manner.refusals = vec![refused]);
        let mut acme = venue.acme();
        acme.turn().await.unwrap();
        assert!(shown(&acme).is_some(), "{at}: {:?}", venue.last().await);
    }
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    venue.production.now(|manner| manner.refusals = vec![refusal("/order", 400, "badNonce", "never")]);
    acme.turn().await.unwrap();
    assert_eq!(venue.production.seen().orders.len(), 12);
    assert_eq!(venue.last().await.outcome, Outcome::Failed);
}

#[tokio::test]
async fn an_authority_that_looks_at_once_is_understood_too() {
    let venue = Venue::new().await;
    venue.production.now(|manner| {
        manner.tells_at_once = true;
        manner.unproved = vec![("http-01", "incorrectResponse")];
    });
    venue.acme().turn().await.unwrap();
    let problem = venue.last().await.problem.unwrap();
    assert!(problem.starts_with("Somebody else answers at port 80 of quiz.example.org."), "{problem}");
}

#[tokio::test]
async fn what_an_authority_says_is_kept_on_one_line_and_not_in_full_length() {
    let venue = Venue::new().await;
    let long: &'static str = format!("one\ntwo\u{1b}[2J{}", "x".repeat(100_000)).leak();
    venue.production.now(|manner| manner.refusals = vec![refusal("/order", 403, "unauthorized", long)]);
    venue.acme().turn().await.unwrap();
    let problem = venue.last().await.problem.unwrap();
    assert_eq!(problem.chars().count(), 1_000);
    assert!(problem.starts_with("The certificate authority has refused. It says: one two [2Jxx"), "{problem}");
}

#[tokio::test]
async fn an_authority_that_has_forgotten_us_gets_to_know_us_again() {
    let venue = Venue::new().await;
    let mut acme = due(&venue).await;
    let old = shown(&acme);
    venue.production.forget();
    acme.turn().await.unwrap();
    assert_ne!(shown(&acme), old);
    assert_eq!(venue.production.seen().accounts, 2);
    assert!(!venue.last().await.is_exempt);
}
