//! What is on our side: accounts, the program of the operator's, claims of other processes, clocks.

use super::*;
use crate::config::Eab;

#[tokio::test]
async fn an_account_that_the_authority_has_already_is_named_to_it() {
    let venue = Venue::new().await;
    let eab = Some(Eab::made("our-key-id", BINDING_KEY));
    let mut acme = venue.acme_with(config::Acme { eab, ..venue.config() }, "the secret key");
    acme.turn().await.unwrap();
    assert!(shown(&acme).is_some());
    assert_eq!(venue.production.seen().bindings, ["our-key-id"]);
}

#[tokio::test]
async fn an_authority_that_wants_to_know_whose_account_it_is_says_so() {
    let venue = Venue::new().await;
    venue.production.now(|manner| {
        manner.refusals = vec![refusal("/account", 403, "externalAccountRequired", "who pays?")];
    });
    venue.acme().turn().await.unwrap();
    let expected = "The certificate authority wants to know whose account it is: set acme.eab_key_id and acme.eab_key. \
                    It says: who pays?";
    assert_eq!(venue.last().await.problem.as_deref(), Some(expected));
}

/// A venue whose names are proved by a program, and what the program does besides writing down how it was called.
fn with_hook(venue: &Venue, does: &str) -> Acme {
    let (program, calls, zone) = (venue.path("hook"), venue.path("calls"), venue.path("zone"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> {}\n{does}\ncase $1 in\n set) echo \"$2 $3\" >> {zone} ;;\n clear) grep -vxF \"$2 $3\" {zone} > \
         {zone}.new; mv {zone}.new {zone} ;;\nesac\n",
        calls.display(),
        zone = zone.display()
    );
    // Nobody here has it open for writing: a program that somebody has cannot be run.
    let write = "printf %s \"$1\" > \"$0\" && chmod 700 \"$0\"";
    let written = std::process::Command::new("sh").args(["-c", write]).arg(&program).arg(script).status().unwrap();
    assert!(written.success());
    let config = config::Acme {
        domains: vec!["*.example.org".to_owned(), "example.org".to_owned()],
        challenge: AcmeChallenge::Dns,
        dns_hook: Some(program),
        ..venue.config()
    };
    venue.acme_with(config, "the secret key")
}

fn lines(venue: &Venue, file: &str) -> Vec<String> {
    std::fs::read_to_string(venue.path(file)).unwrap_or_default().lines().map(str::to_owned).collect()
}

async fn problem(venue: &Venue, acme: &Acme) -> String {
    venue.store.attempts(&acme.names, START_MS).await.unwrap().pop().unwrap().problem.unwrap()
}

#[tokio::test]
async fn names_are_proved_by_records_that_are_set_and_cleared() {
    let venue = Venue::new().await;
    let mut acme = with_hook(&venue, "");
    acme.turn().await.unwrap();
    assert!(shown(&acme).is_some());
    assert_eq!(venue.production.seen().proved, ["dns-01", "dns-01"]);
    let calls = lines(&venue, "calls");
    let set = "set _acme-challenge.example.org ";
    assert!(calls[..2].iter().all(|call| call.starts_with(set)), "{calls:?}");
    assert_ne!(calls[0], calls[1], "one name, and two values");
    assert_eq!(calls[2..], [calls[0].replace("set ", "clear "), calls[1].replace("set ", "clear ")]);
    assert_eq!(lines(&venue, "zone"), Vec::<String>::new());
}

#[tokio::test]
async fn a_program_that_fails_is_quoted_and_what_it_did_is_undone() {
    let venue = Venue::new().await;
    let fails = "[ $1 = clear ] || [ ! -e {zone} ] || { echo 'the token is not valid' >&2; exit 3; }";
    let mut acme = with_hook(&venue, &fails.replace("{zone}", &venue.path("zone").display().to_string()));
    acme.turn().await.unwrap();
    let said = problem(&venue, &acme).await;
    assert!(said.starts_with("The program of acme.dns_hook failed: /"), "{said}");
    assert!(said.ends_with("/hook set: exit status: 3, the token is not valid."), "{said}");
    let calls = lines(&venue, "calls");
    assert_eq!(calls.iter().filter(|call| call.starts_with("set ")).count(), 2, "{calls:?}");
    assert_eq!(calls.iter().filter(|call| call.starts_with("clear ")).count(), 2, "{calls:?}");
    assert_eq!(lines(&venue, "zone"), Vec::<String>::new());

    std::fs::remove_file(venue.path("hook")).unwrap();
    venue.next_try(&mut acme).await;
    let said = problem(&venue, &acme).await;
    assert!(said.contains("hook set: No such file or directory"), "{said}");
}

#[tokio::test]
async fn a_record_that_is_not_seen_is_said_in_words_and_cleared() {
    let venue = Venue::new().await;
    let mut acme = with_hook(&venue, "echo 'all is well' >&2; [ $1 = clear ] || exit 0");
    acme.turn().await.unwrap();
    let said = problem(&venue, &acme).await;
    assert!(
        said.starts_with("The record _acme-challenge.example.org was not found, or not with the right value"),
        "{said}"
    );
    let calls = lines(&venue, "calls");
    assert!(calls.last().unwrap().starts_with("clear _acme-challenge.example.org "), "{calls:?}");
}

/// While one process waits for its program, the clock jumps and another one takes over.
#[tokio::test]
async fn whoever_loses_the_claim_in_the_middle_stops_and_shows_what_the_other_got() {
    let venue = Venue::new().await;
    let mut slow = with_hook(&venue, "[ -e $0.fast ] || [ $1 = clear ] || exec sleep 60");
    let mut other = venue.acme_with(slow.parts.config.clone(), "the secret key");
    let both = async {
        tokio::join!(slow.turn(), async {
            while lines(&venue, "calls").is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
            std::fs::write(venue.path("hook.fast"), "").unwrap();
            other.turn().await.unwrap();
            assert_eq!(shown(&other), None, "the claim holds");
            venue.clock.advance(Duration::from_secs(3_600));
            venue.rehearsal.now(|manner| manner.is_down = true);
            other.turn().await.unwrap();
            venue.next_try(&mut other).await;
            assert!(shown(&other).is_some(), "an hour later it is somebody else's turn");
            assert!(other.claim().await.unwrap());
            // Every 15 seconds it looks whether it still may.
            tokio::time::pause();
            tokio::time::advance(HOLD_EVERY).await;
            tokio::time::resume();
        })
    };
    let (ended, ()) = timeout(Duration::from_secs(45), both).await.expect("it looks now and then whether it still may");
    ended.unwrap();
    assert_eq!(problem_of_first(&venue, &slow).await, "Another process of this Quibble has taken over the order.");
    slow.load().await.unwrap();
    assert_eq!(shown(&slow), shown(&other));
}

async fn problem_of_first(venue: &Venue, acme: &Acme) -> String {
    venue.store.attempts(&acme.names, START_MS).await.unwrap().swap_remove(0).problem.unwrap()
}

#[tokio::test]
async fn a_process_that_was_stopped_in_the_middle_has_tried() {
    let venue = Venue::new().await;
    let mut acme = venue.acme();
    assert!(acme.claim().await.unwrap());
    let attempt = Attempt {
        id: venue.ids.uuid(),
        at: START_MS,
        stage: Stage::Production,
        challenge: Challenge::Http01,
        outcome: Outcome::Unfinished,
        is_exempt: false,
        problem: None,
    };
    venue.store.begin_attempt(NAME, &attempt).await.unwrap();
    venue.pass(&mut acme, START_MS + 5 * 60 * 1_000 - 1, 10 * 1_000).await;
    assert_eq!(venue.requests(), 0);
    let mut again = venue.acme();
    venue.next_try(&mut again).await;
    assert_eq!((venue.production.seen().orders.len(), venue.rehearsal.seen().orders.len()), (0, 1));
    venue.next_try(&mut again).await;
    assert!(shown(&again).is_some());
}

#[tokio::test]
async fn a_clock_that_was_a_year_ahead_holds_nothing_up() {
    let venue = Venue::new().await;
    venue.production.now(|manner| manner.unproved = vec![("http-01", "connection")]);
    let ahead = Clock::manual(START_MS + 365 * DAY_MS);
    let mut early = venue.acme();
    early.parts.clock = ahead;
    early.turn().await.unwrap();
    assert!(early.claim().await.unwrap(), "and ends in the middle");

    let mut acme = venue.acme();
    acme.turn().await.unwrap();
    assert_eq!(venue.last().await.at, START_MS, "it counts as made now");
    venue.production.now(|manner| manner.unproved = vec![]);
    venue.pass(&mut acme, START_MS + HOUR_MS, 60 * 1_000).await;
    assert!(shown(&acme).is_some());
    assert_eq!(venue.rehearsal.seen().orders.len(), 1);
}
