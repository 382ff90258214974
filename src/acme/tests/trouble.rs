//! What goes wrong, and that nothing is lost or broken by it.

use super::*;

const WEEK_MS: i64 = 7 * DAY_MS;

#[tokio::test]
async fn after_a_failure_it_is_rehearsed_until_that_goes_well_and_then_done_in_the_way_that_worked() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    for authority in [&venue.production, &venue.rehearsal] {
        authority.now(|manner| manner.unproved = vec![("http-01", "connection"), ("tls-alpn-01", "tls")]);
    }
    acme.turn().await.unwrap();
    let said = venue.last().await.problem.unwrap();
    assert!(said.contains("Nobody answers at port 80 of quiz.example.org."), "{said}");
    assert!(said.ends_with("It says: it was looked at."), "{said}");
    for _ in 0..2 {
        venue.next_try(&mut acme).await;
    }
    let tried = venue.attempts().await;
    let ways: Vec<_> = tried.iter().map(|attempt| (attempt.stage, attempt.challenge)).collect();
    let expected = [
        (Stage::Production, Challenge::Http01),
        (Stage::Rehearsal, Challenge::TlsAlpn01),
        (Stage::Rehearsal, Challenge::Http01),
    ];
    assert_eq!(ways, expected);
    assert!(tried[1].problem.as_ref().unwrap().contains("does not speak TLS as we do"), "{tried:?}");

    for authority in [&venue.production, &venue.rehearsal] {
        authority.now(|manner| manner.unproved = vec![("http-01", "connection")]);
    }
    venue.next_try(&mut acme).await;
    assert_eq!(shown(&acme), None, "that was a rehearsal");
    assert_eq!(venue.production.seen().orders.len(), 1);
    venue.next_try(&mut acme).await;
    assert!(shown(&acme).is_some());
    assert_eq!(venue.production.seen().proved, ["tls-alpn-01"]);
    assert_eq!((venue.production.seen().orders.len(), venue.rehearsal.seen().orders.len()), (2, 3));
    assert_eq!((venue.production.seen().accounts, venue.rehearsal.seen().accounts), (1, 1));
}

/// A certificate of 160 hours, and ten days without the authority.
#[tokio::test]
async fn what_is_shown_goes_on_being_shown_while_the_authority_is_away() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    acme.turn().await.unwrap();
    let (old, at) = (shown(&acme), venue.renewal().await.at);
    venue.turn_to(at - 1_000);
    venue.production.now(|manner| manner.is_down = true);
    venue.pass(&mut acme, at + 10 * DAY_MS, HOUR_MS).await;
    assert!(venue.clock.now_ms() > venue.held().await.not_after);
    assert_eq!(shown(&acme), old);
    let mut again = venue.acme();
    again.load().await.unwrap();
    assert_eq!(shown(&again), old);
    assert_eq!((venue.production.seen().orders.len(), venue.rehearsal.seen().orders.len()), (1, 0));
    let tried = venue.attempts().await.len();
    assert!((30..60).contains(&tried), "{tried} tries");
    assert!(venue.last().await.problem.unwrap().contains("cannot be spoken with: 127.0.0.1: "));

    venue.production.now(|manner| {
        manner.is_down = false;
        manner.window = (at + 13 * DAY_MS, at + 14 * DAY_MS);
    });
    venue.pass(&mut acme, venue.clock.now_ms() + 7 * HOUR_MS, HOUR_MS).await;
    assert_ne!(shown(&acme), old);
    assert_eq!(venue.production.seen().orders.len(), 2);
}

#[tokio::test]
async fn an_authority_that_refuses_for_ten_days_is_asked_twice_a_week() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    let old = shown(&acme);
    venue.store.want_certificate(NAME, START_MS).await.unwrap();
    let refused = refusal("/finalize", 403, "unauthorized", "not today");
    venue.production.now(|manner| manner.refusals = vec![refused]);
    venue.pass(&mut acme, START_MS + 2 * WEEK_MS, HOUR_MS).await;
    assert_eq!(shown(&acme), old);
    let orders = venue.production.seen().ordered_at;
    assert!((4..=5).contains(&orders.len()), "{orders:?}");
    assert!(orders.windows(3).all(|three| three[2] - three[0] >= WEEK_MS), "{orders:?}");
    let rehearsals = venue.rehearsal.seen().orders.len();
    assert!((2..20).contains(&rehearsals), "{rehearsals} rehearsals");

    venue.production.now(|manner| manner.refusals = vec![]);
    venue.pass(&mut acme, START_MS + 3 * WEEK_MS, HOUR_MS).await;
    assert_ne!(shown(&acme), old);
}

#[tokio::test]
async fn while_an_authority_says_that_it_was_too_much_it_is_left_alone() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    acme.turn().await.unwrap();
    let (old, at) = (shown(&acme), venue.renewal().await.at);
    for authority in [&venue.production, &venue.rehearsal] {
        authority.now(|manner| {
            manner.refusals = vec![refusal("/order", 429, "rateLimited", "too many for example.org, retry later")];
            manner.ask_again_in = Some(100_000_000);
        });
    }
    // The window is asked for here for the last time.
    venue.turn_to(at - 1_000);
    acme.turn().await.unwrap();
    venue.turn_to(at);
    acme.turn().await.unwrap();
    let last = venue.last().await;
    assert_eq!(
        last.problem.unwrap(),
        "The certificate authority has given out too many for this name or address lately, and waits. It says: too many \
         for example.org, retry later."
    );
    for minutes in [5, 10, 20, 60] {
        let (requests, tried_at) = (venue.requests(), venue.last().await.at);
        let back = tried_at + minutes * 60 * 1_000;
        venue.pass(&mut acme, back - 1, 60 * 1_000).await;
        assert_eq!(venue.requests(), requests, "{minutes}");
        venue.pass(&mut acme, back + minutes * 6 * 1_000, 30 * 1_000).await;
        assert!(venue.requests() > requests, "{minutes}");
    }
    assert_eq!(shown(&acme), old);
}

#[tokio::test]
async fn what_another_secret_key_sealed_is_asked_for_anew_within_the_limits() {
    let venue = Venue::new().await;
    let mut before = venue.acme();
    before.turn().await.unwrap();
    before.turn().await.unwrap();

    venue.turn_to(START_MS + HOUR_MS);
    let mut acme = venue.acme_with(venue.config(), "another secret key");
    acme.load().await.unwrap();
    assert_eq!(shown(&acme), None);
    acme.turn().await.unwrap();
    assert!(shown(&acme).is_some(), "another one");
    assert_eq!(venue.production.seen().accounts, 2);
    assert_eq!(venue.production.seen().orders, [None, None], "it renews nothing");
    assert!(!venue.last().await.is_exempt);
    acme.turn().await.unwrap();
    assert!(venue.held().await.renewal.is_some());

    // Two processes with different keys do not take turns for ever.
    before.turn().await.unwrap();
    assert!(shown(&before).is_some(), "its own is still shown");
    for acme in [&mut before, &mut acme] {
        venue.pass(acme, venue.clock.now_ms() + HOUR_MS, HOUR_MS / 4).await;
    }
    assert_eq!(venue.production.seen().orders.len(), 2);
}
