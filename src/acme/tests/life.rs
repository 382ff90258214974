//! A certificate from its first day to its last.

use super::*;

#[tokio::test]
async fn a_certificate_is_renewed_at_an_instant_of_the_window_that_is_chosen_once() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    let first = shown(&acme).unwrap();
    assert_eq!(venue.production.seen().orders, [None]);
    assert!(!venue.last().await.is_exempt);
    assert_eq!(venue.held().await.not_after, START_MS + 160 * HOUR_MS);

    acme.turn().await.unwrap();
    let chosen = venue.renewal().await;
    assert_eq!((chosen.window_start, chosen.window_end), (START_MS + 3 * DAY_MS, START_MS + 4 * DAY_MS));
    assert!((chosen.window_start..chosen.window_end).contains(&chosen.at), "{chosen:?}");

    // Asked again when the authority wants to be, and not before; by whoever is there then.
    venue.pass(&mut acme, START_MS + 6 * HOUR_MS - 1_000, HOUR_MS).await;
    assert_eq!(venue.production.seen().windows, 1);
    let mut acme = venue.acme();
    venue.pass(&mut acme, START_MS + 6 * HOUR_MS, HOUR_MS).await;
    assert_eq!(venue.production.seen().windows, 2);
    assert_eq!(venue.renewal().await, chosen);

    venue.production.now(|manner| manner.window = (START_MS + 2 * DAY_MS, START_MS + 5 * DAY_MS / 2));
    venue.pass(&mut acme, START_MS + 12 * HOUR_MS, HOUR_MS).await;
    let moved = venue.renewal().await;
    assert!((START_MS + 2 * DAY_MS..START_MS + 5 * DAY_MS / 2).contains(&moved.at), "{moved:?}");

    venue.pass(&mut acme, moved.at - 1, HOUR_MS).await;
    assert_eq!(shown(&acme), Some(first.clone()));
    let replaced = leaf(&venue.held().await).unwrap();
    let replaced = CertificateIdentifier::try_from(&replaced).unwrap().to_string();
    venue.pass(&mut acme, moved.at, HOUR_MS).await;
    assert_ne!(shown(&acme), Some(first));
    assert_eq!(venue.production.seen().orders, [None, Some(replaced)]);
    let last = venue.last().await;
    assert!(last.is_exempt && last.outcome == Outcome::Issued, "{last:?}");
    assert_eq!(venue.held().await.not_before, moved.at / 1_000 * 1_000);
    assert_eq!(venue.held().await.renewal, None, "that was the window of the other one");
    assert_eq!(venue.rehearsal.seen().requests, 0);
    assert_eq!(venue.production.seen().accounts, 1);
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_says_nothing_is_renewed_when_a_third_of_its_life_is_left() {
    let venue = Venue::new().await;
    venue.production.now(|manner| manner.knows_renewals = false);
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    let due = venue.held().await.not_after - 160 * HOUR_MS / 3;
    venue.pass(&mut acme, due - 1, HOUR_MS).await;
    assert_eq!(venue.production.seen().orders.len(), 1);
    venue.pass(&mut acme, due, HOUR_MS).await;
    assert_eq!(venue.production.seen().orders, [None, None]);
    assert!(!venue.last().await.is_exempt);
    assert_eq!(venue.production.seen().windows, 0);
}

#[tokio::test]
async fn a_window_is_believed_from_an_authority_that_does_not_say_when_to_ask_again() {
    let venue = Venue::new().await;
    venue.production.now(|manner| manner.ask_again_in = None);
    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    acme.turn().await.unwrap();
    let chosen = venue.renewal().await;
    assert_eq!(chosen.window_start, START_MS + 3 * DAY_MS);
    venue.pass(&mut acme, START_MS + ASK_AGAIN_MS - 1_000, HOUR_MS).await;
    assert_eq!(venue.production.seen().windows, 1);
    venue.pass(&mut acme, START_MS + ASK_AGAIN_MS, HOUR_MS).await;
    assert_eq!(venue.production.seen().windows, 2);
}
