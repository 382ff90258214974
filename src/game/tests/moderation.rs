use super::script::{Night, player_id, quiz};
use crate::game::view::host::{Presence, state};
use crate::game::{Action, PlayerName, Refusal};

fn joined(names: &[&str]) -> Night {
    let mut night = Night::new(quiz());
    for name in names {
        let action = Action::Join { player: player_id(name), name: PlayerName::parse(name).unwrap() };
        night.act(action).unwrap();
    }
    night
}

fn rename(player: &str, name: &str) -> Action {
    Action::Rename { player: player_id(player), name: PlayerName::parse(name).unwrap() }
}

/// What the host sees of one player: the name, whether it may offend, and the one behind it.
fn seen(night: &Night, player: &str) -> (String, bool, Option<String>) {
    let players = state(&night.game, &Presence::default()).players;
    let seen = players.into_iter().find(|seen| seen.id == player_id(player)).unwrap();
    (seen.display_name, seen.name_warning, seen.own_name)
}

#[test]
fn only_the_host_is_warned_of_a_name_that_may_offend() {
    let mut night = joined(&["ann", "bob"]);
    assert_eq!(seen(&night, "bob"), ("bob".to_owned(), false, None));
    night.act(rename("bob", "Bob the Wanker")).unwrap();
    assert_eq!(seen(&night, "bob"), ("Bob the Wanker".to_owned(), true, None));
    assert!(!night.sight("ann").contains("may_offend") && !night.sight("ann").contains("warning"));
    night.act(rename("bob", "Bob the Banker")).unwrap();
    assert!(!seen(&night, "bob").1);
}

#[test]
fn a_hidden_name_is_seen_by_the_host_alone_until_it_is_shown_again() {
    let mut night = joined(&["ann", "Rude", "Team 2"]);
    night.act(Action::HideName { player: player_id("Rude") }).unwrap();
    let (shown, _, own) = seen(&night, "Rude");
    assert_eq!(own.as_deref(), Some("Rude"));
    assert!(shown.starts_with("Team ") && shown != "Team 2", "{shown}");
    for who in ["ann", "Rude", "screen"] {
        assert!(!night.sight(who).contains("Rude"), "{who}");
        assert!(night.sight(who).contains(&shown), "{who}");
    }
    assert_eq!(night.act(Action::HideName { player: player_id("Rude") }), Ok(vec![]), "once");
    assert_eq!(night.act(rename("Rude", "Ruder")), Err(Refusal::NameHidden));
    assert_eq!(night.act(rename("ann", "rude")), Err(Refusal::NameTaken), "it is still theirs");
    night.act(Action::ShowName { player: player_id("Rude") }).unwrap();
    assert_eq!(seen(&night, "Rude"), ("Rude".to_owned(), false, None));
    assert_eq!(night.act(Action::ShowName { player: player_id("Rude") }), Ok(vec![]));
    assert_eq!(night.act(Action::HideName { player: player_id("nobody") }), Err(Refusal::UnknownPlayer));
}

#[test]
fn a_name_that_the_host_gives_is_the_player_s_own() {
    let mut night = joined(&["Rude"]);
    night.act(Action::HideName { player: player_id("Rude") }).unwrap();
    let name = PlayerName::parse("Polite").unwrap();
    night.act(Action::RenamePlayer { player: player_id("Rude"), name }).unwrap();
    assert_eq!(seen(&night, "Rude"), ("Polite".to_owned(), false, None));
    night.act(rename("Rude", "Very polite")).unwrap();
}

#[test]
fn who_comes_late_has_missed_the_rounds_that_are_over() {
    let mut night = Night::new(quiz());
    let mut missed = Vec::new();
    for line in ["", "start", "end-round", "scores", "next-round", "end-round"] {
        if !line.is_empty() {
            night.line(line).unwrap();
        }
        let name = format!("p{}", missed.len());
        night.line(&format!("join {name}")).unwrap();
        missed.push(night.game.players[&player_id(&name)].rounds_missed);
    }
    assert_eq!(missed, [0, 0, 1, 1, 1, 2]);
}
