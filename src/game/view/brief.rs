//! Long lists in short, for phones that ask for it: the board of a thousand players is a hundred kilobytes, and goes to each
//! of them.

use super::{Board, Common, Near, Roster};
use crate::game::ids::PlayerId;
use crate::limits::{BRIEF_BOARD_TOP, BRIEF_BOARD_WHOLE_MAX, BRIEF_ROSTER_MAX};

/// A roster with the first names only. None where it has no more, and for any other message.
pub fn brief_roster(whole: &Common) -> Option<Common> {
    let Common::LobbyUpdate(roster) = whole else { return None };
    let players = roster.players.get(..BRIEF_ROSTER_MAX).filter(|first| first.len() < roster.players.len())?;
    Some(Common::LobbyUpdate(Roster { players: players.to_vec(), total: Some(roster.players.len()) }))
}

/// A board with its top, and the neighbourhood of a player. None where it is short, and for any other message.
pub fn brief_board(whole: &Common, player: PlayerId) -> Option<Common> {
    match whole {
        Common::RoundLeaderboard(board) => board.brief(player).map(Common::RoundLeaderboard),
        Common::GameEnded(board) => board.brief(player).map(Common::GameEnded),
        Common::Break(_)
        | Common::GameStarted(_)
        | Common::LobbyUpdate(_)
        | Common::Paused(_)
        | Common::QuestionClosed(_)
        | Common::QuestionReleased(_)
        | Common::QuestionTimer(_)
        | Common::QuestionUnreleased(_)
        | Common::Resumed {}
        | Common::RoundEnded(_)
        | Common::RoundReopened(_)
        | Common::Teams(_) => None,
    }
}

impl Board {
    fn brief(&self, player: PlayerId) -> Option<Self> {
        let total = self.entries.len();
        if total <= BRIEF_BOARD_WHOLE_MAX {
            return None;
        }
        let own = self.entries.iter().position(|entry| entry.player_id == player);
        let around = own.map_or(0..0, |own| own.saturating_sub(1)..(own + 2).min(total));
        let is_apart = around.start > BRIEF_BOARD_TOP;
        let top = if is_apart { BRIEF_BOARD_TOP } else { BRIEF_BOARD_TOP.max(around.end) };
        let near = is_apart.then(|| Near { above: around.start, entries: self.entries[around].to_vec() });
        Some(Self {
            entries: self.entries[..top].to_vec(),
            total: Some(total),
            near,
            corrected: self.corrected.clone(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BoardEntry, RosterPlayer};
    use super::*;
    use crate::game::quiz::Points;
    use uuid::Uuid;

    fn player(n: usize) -> PlayerId {
        PlayerId(Uuid::from_u128(n as u128))
    }

    fn board(players: usize) -> Common {
        let entry = |n| BoardEntry { rank: n + 1, player_id: player(n), display_name: n.to_string(), score: Points(0) };
        Common::RoundLeaderboard(Board {
            entries: (0..players).map(entry).collect(),
            round: 1,
            total_rounds: 2,
            corrected: Some("The third answer".to_owned()),
            cancelled: false,
            hidden: false,
            total: None,
            near: None,
        })
    }

    /// The places that a player is told of, counted from 1, with a gap where some are left out.
    fn told(players: usize, own: usize) -> String {
        let Some(Common::RoundLeaderboard(board)) = brief_board(&board(players), player(own)) else { panic!() };
        assert_eq!(board.total, Some(players));
        assert_eq!(board.corrected.as_deref(), Some("The third answer"));
        let ranks = |entries: &[BoardEntry]| {
            let ranks: Vec<_> = entries.iter().map(|entry| entry.rank.to_string()).collect();
            ranks.join(" ")
        };
        let near = board.near.as_ref().map(|near| {
            assert_eq!(near.entries[0].rank, near.above + 1);
            format!(" .. {}", ranks(&near.entries))
        });
        ranks(&board.entries) + &near.unwrap_or_default()
    }

    #[test]
    fn a_long_board_is_told_in_short() {
        assert_eq!(brief_board(&board(BRIEF_BOARD_WHOLE_MAX), player(3)), None);
        assert_eq!(told(21, 0), "1 2 3 4 5 6 7 8 9 10");
        assert_eq!(told(21, 9), "1 2 3 4 5 6 7 8 9 10 11");
        assert_eq!(told(21, 11), "1 2 3 4 5 6 7 8 9 10 11 12 13");
        assert_eq!(told(21, 12), "1 2 3 4 5 6 7 8 9 10 .. 12 13 14");
        assert_eq!(told(1_000, 999), "1 2 3 4 5 6 7 8 9 10 .. 999 1000");
        assert_eq!(told(21, 4_711), "1 2 3 4 5 6 7 8 9 10", "somebody who is not on it");
    }

    #[test]
    fn a_long_roster_names_the_first() {
        let roster = |players| {
            let named = |n: usize| RosterPlayer { id: player(n), display_name: n.to_string() };
            Common::LobbyUpdate(Roster { players: (0..players).map(named).collect(), total: None })
        };
        assert_eq!(brief_roster(&roster(BRIEF_ROSTER_MAX)), None);
        let Some(Common::LobbyUpdate(brief)) = brief_roster(&roster(BRIEF_ROSTER_MAX + 1)) else { panic!() };
        assert_eq!((brief.players.len(), brief.total), (BRIEF_ROSTER_MAX, Some(BRIEF_ROSTER_MAX + 1)));
        assert_eq!(brief_roster(&board(1_000)), None);
        assert_eq!(brief_board(&roster(1_000), player(1)), None);
    }
}
