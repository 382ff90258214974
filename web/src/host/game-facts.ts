import type { Game } from './rest';
import { t } from './text';

/** True while a game can still be played. */
export function isRunning(game: Game): boolean {
  return game.status === 'lobby' || game.status === 'in_progress';
}

/** Where a game stands: "In the lobby", "Round 2, marking", "Played", "Cancelled". */
export function gamePhase(game: Game): string {
  if (game.status === 'cancelled') return t('game_cancelled');
  if (game.status === 'completed') return t('game_completed');
  if (game.phase === 'lobby') return t('phase_lobby');
  return t(`phase_${game.phase}`, { n: game.current_round_idx + 1 });
}
