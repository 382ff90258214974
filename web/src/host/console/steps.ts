import type { HostAdjustment, HostMessage, HostState, Options } from '../../shared/protocol';
import type { ConsoleData } from './reducer';
import { describe, t, type LogEntry } from './texts';

/** Something the host can do now: its words on the button, and the message it sends. */
export interface Step {
  label: string;
  message: HostMessage;
  /** What the host is asked first, where nothing takes the step back. */
  asks?: string;
}

const reopenSeconds = 30;
/** Characters that a reason has at most. */
export const longestReason = 200;
/** How long breaks are, in minutes. */
const breakMinutes = [10, 15, 20, 30];
export const usualBreak = 15;

/** The next step of the night. */
export function primaryStep(data: ConsoleData, undecided: number): Step | undefined {
  const { host } = data;
  if (!host) return undefined;
  switch (host.phase) {
    case 'lobby':
      return { label: t('step_start'), message: { type: 'start_game', payload: {} } };
    case 'question':
      return releaseStep(host) ?? endRoundStep(host);
    case 'round_review': {
      const label = undecided > 0 ? t('step_scores_undecided', { n: undecided }) : t('step_scores');
      return { label, message: { type: 'release_scores', payload: {} } };
    }
    case 'leaderboard':
      if (host.round >= host.total_rounds) return endGameStep(t('step_end_game'));
      return {
        label: t('step_next_round', { round: host.round + 1 }),
        message: { type: 'start_next_round', payload: {} },
      };
    case 'ended':
      return undefined;
  }
}

function releaseStep(host: HostState): Step | undefined {
  const index = host.questions.findIndex((question) => question.state === 'pending');
  const question = host.questions[index];
  if (!question) return undefined;
  if (host.options.release_all) {
    const n = host.questions.filter(({ state }) => state === 'pending').length;
    return {
      label: t('step_release_all', { n }),
      message: { type: 'release_question', payload: { all: true } },
    };
  }
  return {
    label: t('step_release', { n: index + 1 }),
    message: { type: 'release_question', payload: { question_id: question.id } },
  };
}

function endRoundStep(host: HostState): Step {
  return { label: t('step_end_round', { round: host.round }), message: { type: 'end_round', payload: {} } };
}

function endGameStep(label: string): Step {
  return { label, message: { type: 'end_game', payload: {} } };
}

/** Steps that leave the usual order: ending the round or the game early. */
export function earlySteps(host: HostState): Step[] {
  const steps: Step[] = [];
  const isPending = host.questions.some((question) => question.state === 'pending');
  if (host.phase === 'question' && isPending) {
    steps.push({
      label: t('step_early', { round: host.round }),
      message: { type: 'end_round', payload: {} },
    });
  }
  if (host.phase === 'round_review') {
    const label = t('back_reopen', { round: host.round });
    steps.push({ label, message: { type: 'reopen_round', payload: {} } });
  }
  const isLast = host.phase === 'leaderboard' && host.round >= host.total_rounds;
  if (host.phase !== 'ended' && !isLast) {
    steps.push({ ...endGameStep(t('step_finish')), asks: t('step_finish_asks') });
  }
  return steps;
}

/** One step back: what the big screen showed before, or the last question if nobody answered it yet. */
export function backStep(data: ConsoleData): Step | undefined {
  const { host } = data;
  if (!host) return undefined;
  if (host.present.view === 'answer') return answerBefore(data, host.present.question_id) ?? followStep();
  if (host.present.view !== 'auto') return followStep();
  if (host.phase !== 'question') return undefined;
  const latest = latestReleased(data);
  return latest === undefined ? undefined : unreleaseStep(host, latest);
}

function followStep(): Step {
  return { label: t('back_view'), message: { type: 'present', payload: { view: 'auto' } } };
}

/** The question that came out last, as its index in the round. */
export function latestReleased(data: ConsoleData): number | undefined {
  const shown = data.screen.released;
  const id = shown[shown.length - 1]?.question.id;
  const index = data.host?.questions.findIndex((question) => question.id === id) ?? -1;
  return index < 0 ? undefined : index;
}

function unreleaseStep(host: HostState, index: number): Step | undefined {
  const question = host.questions[index];
  if (!question || question.state === 'pending' || question.answered > 0) return undefined;
  return {
    label: t('back_unrelease', { n: index + 1 }),
    message: { type: 'unrelease_question', payload: { question_id: question.id } },
  };
}

/** The questions of this round whose answers may be shown. */
export function showableAnswers(data: ConsoleData): string[] {
  const { host } = data;
  if (!host) return [];
  const review = data.reviews[host.round];
  if (!review?.released) return [];
  return review.questions.map((question) => question.question_id);
}

/** The next answer for the big screen: the first one, the one after that shown, or the game again after the last. */
export function answerStep(data: ConsoleData): Step | undefined {
  const ids = showableAnswers(data);
  if (ids.length === 0 || !data.host) return undefined;
  const { present } = data.host;
  const index = present.view === 'answer' ? ids.indexOf(present.question_id) + 1 : 0;
  const id = ids[index];
  if (id === undefined) return followStep();
  return presentAnswer(id, t('key_answer'));
}

/** The right answer to the round's last question, or the game again if that is on. */
export function correctStep(data: ConsoleData): Step | undefined {
  const ids = showableAnswers(data);
  const id = ids[ids.length - 1];
  if (id === undefined || !data.host) return undefined;
  const { present } = data.host;
  const isOn = present.view === 'answer' && present.question_id === id;
  return isOn ? followStep() : presentAnswer(id, t('key_correct'));
}

function answerBefore(data: ConsoleData, shown: string): Step | undefined {
  const ids = showableAnswers(data);
  const index = ids.indexOf(shown) - 1;
  const id = ids[index];
  return id === undefined ? undefined : presentAnswer(id, t('back_answer', { n: index + 1 }));
}

export function presentAnswer(id: string, label: string): Step {
  return { label, message: { type: 'present', payload: { view: 'answer', question_id: id } } };
}

/** Shows a view on the big screen, or the game again if that view is on already. */
export function toggleView(host: HostState, view: 'blank' | 'join' | 'board', label: string): Step {
  const isOn = host.present.view === view && !showsFromLast(host);
  return { label, message: { type: 'present', payload: { view: isOn ? 'auto' : view } } };
}

/** Whether scores are out, so that there are standings. */
export function isBoardOut({ phase }: HostState): boolean {
  return phase === 'leaderboard' || phase === 'ended';
}

/** Shows the standings from the last to the first, or the game again if they are on. */
export function toggleFromLast(host: HostState): Step {
  const payload = showsFromLast(host) ? { view: 'auto' } : { view: 'board', from_last: true };
  return { label: t('present_from_last'), message: { type: 'present', payload } };
}

/** Whether the big screen shows the standings from the last to the first. */
export function showsFromLast({ present }: HostState): boolean {
  return present.view === 'board' && present.from_last === true;
}

/** The breaks that may be shown, the last of them without a time. During a break, each begins it anew. */
export function breakSteps(host: HostState): Step[] {
  if (host.phase === 'ended') return [];
  const timed = breakMinutes.map((n) => timedBreak(n, t('break_minutes', { n })));
  return [...timed, { label: t('break_open'), message: { type: 'present', payload: { view: 'break' } } }];
}

/** A break of the usual length, or the game again if there is a break. */
export function toggleBreak(host: HostState): Step | undefined {
  if (host.present.view === 'break') return { ...followStep(), label: t('break_end') };
  return host.phase === 'ended' ? undefined : timedBreak(usualBreak, t('key_break', { n: usualBreak }));
}

function timedBreak(minutes: number, label: string): Step {
  return { label, message: { type: 'present', payload: { view: 'break', minutes } } };
}

export function pauseStep(host: HostState): Step | undefined {
  if (host.phase !== 'question') return undefined;
  return host.paused_at === undefined
    ? { label: t('pause'), message: { type: 'pause', payload: {} } }
    : { label: t('resume'), message: { type: 'resume', payload: {} } };
}

export function moreTimeStep(host: HostState): Step | undefined {
  const isOpen = host.questions.some((question) => question.state === 'open');
  if (host.phase !== 'question' || !isOpen) return undefined;
  return { label: t('more_time'), message: { type: 'extend_time', payload: { seconds: reopenSeconds } } };
}

export function moreTimeFor(questionId: string): HostMessage {
  return { type: 'extend_time', payload: { seconds: reopenSeconds, question_id: questionId } };
}

/**
 * What undoing a line of the log means now. "settled": it is no longer in effect, or was never an act of a host.
 * "kept": it is in effect and nothing can take it back.
 */
export type Undoing = Step | 'settled' | 'kept';

/** How to undo a line of the log, given what the game has come to. */
export function undoOf(entry: LogEntry, data: ConsoleData): Undoing {
  const { host } = data;
  if (!host) return 'settled';
  const undo = (message: HostMessage): Step => ({
    label: t('undo_what', { what: describe(entry) }),
    message,
  });
  const args = entry.args;
  switch (entry.text_key) {
    case 'player_removed': {
      const player = host.players.find(({ id }) => id === args['player_id']);
      if (player?.state !== 'removed') return 'settled';
      return undo({ type: 'restore_player', payload: { player_id: player.id } });
    }
    case 'player_renamed': {
      const player = host.players.find(({ id }) => id === args['player_id']);
      if (!player || player.display_name !== args['name'] || wasRenamedBack(entry, host)) return 'settled';
      const payload = { player_id: player.id, display_name: String(args['player']) };
      return undo({ type: 'rename_player', payload });
    }
    case 'name_hidden': {
      const player = host.players.find(({ id }) => id === args['player_id']);
      if (!player?.own_name || player.display_name !== args['name']) return 'settled';
      return undo({ type: 'show_name', payload: { player_id: player.id } });
    }
    case 'score_adjusted': {
      const id = entry.seq;
      const adjustment = host.adjustments.find((other) => other.id === id);
      return adjustment ? undo(takeBack(adjustment)) : 'settled';
    }
    case 'scores_corrected':
      return followsAdjustment(entry, host) ? 'settled' : 'kept';
    case 'options_set': {
      const before = optionsBefore(entry, host);
      return before ? undo({ type: 'set_options', payload: before }) : 'settled';
    }
    case 'lobby_locked':
      return host.locked ? undo({ type: 'lock', payload: { locked: false } }) : 'settled';
    case 'paused':
      return host.paused_at !== undefined ? undo({ type: 'resume', payload: {} }) : 'settled';
    case 'round_ended':
      if (Number(args['round']) !== host.round) return 'kept';
      if (host.phase === 'round_review') return undo({ type: 'reopen_round', payload: {} });
      return host.phase === 'question' ? 'settled' : 'kept';
    case 'question_released': {
      const question = questionOf(entry, host);
      if (!question) return 'kept';
      if (question.state === 'pending') return 'settled';
      if (host.phase !== 'question' || question.answered > 0) return 'kept';
      return undo({ type: 'unrelease_question', payload: { question_id: question.id } });
    }
    case 'question_closed': {
      const question = questionOf(entry, host);
      if (!question || host.phase !== 'question') return 'kept';
      return question.state === 'closed' ? undo(moreTimeFor(question.id)) : 'settled';
    }
    case 'judged_full':
    case 'judged_half':
    case 'judged_none': {
      const message = unjudge(entry, data);
      return message ? undo(message) : 'settled';
    }
    case 'round_started':
    case 'scores_released':
    case 'game_ended':
    case 'game_cancelled':
      return 'kept';
    default:
      return 'settled';
  }
}

/** The undo of the last act that is still in effect. */
export function undoStep(data: ConsoleData): Step | undefined {
  for (const entry of data.host?.log ?? []) {
    const undoing = undoOf(entry, data);
    if (undoing === 'kept') return undefined;
    if (undoing !== 'settled') return undoing;
  }
  return undefined;
}

/** The question that a line of the log is about, if it is one of the current round. */
function questionOf(entry: LogEntry, host: HostState): HostState['questions'][number] | undefined {
  return host.questions.find(({ id }) => id === entry.args['question_id']);
}

/** Takes points back that were given, or gives back what was taken. */
export function takeBack({ id, reason }: HostAdjustment): HostMessage {
  const why = [...t('adjust_taken_back', { reason })].slice(0, longestReason).join('');
  return { type: 'undo_adjustment', payload: { adjustment: id, reason: why } };
}

/** Whether the scores were corrected by the adjustment in the line below, which has an undo of its own. */
function followsAdjustment({ seq, at }: LogEntry, host: HostState): boolean {
  const before = host.log.find((other) => other.seq === seq - 1 && other.at === at);
  return before?.text_key === 'score_adjusted' || before?.text_key === 'adjustment_undone';
}

/** What the options were that a line of the log changed, as far as they are still as it says. */
function optionsBefore(entry: LogEntry, host: HostState): Partial<Options> | undefined {
  const { args } = entry;
  const inEffect = Object.entries(host.options).filter(
    ([name, value]) => args[name] === String(value) && !wasTurnedBack(name, entry, host),
  );
  if (inEffect.length === 0) return undefined;
  const before = inEffect.map(([name, value]) => {
    const was = args[`was_${name}`];
    return [name, typeof value === 'number' ? Number(was) : was === 'true'];
  });
  return Object.fromEntries(before) as Partial<Options>;
}

/** Whether a line turned an option back to what it was before another one: that was its undo. */
function wasTurnedBack(name: string, { seq, args }: LogEntry, host: HostState): boolean {
  return host.log.some(
    (other) =>
      other.text_key === 'options_set' &&
      other.seq < seq &&
      other.args[name] === args[`was_${name}`] &&
      other.args[`was_${name}`] === args[name],
  );
}

function wasRenamedBack(entry: LogEntry, host: HostState): boolean {
  return host.log.some(
    (other) =>
      other.text_key === 'player_renamed' &&
      other.seq !== entry.seq &&
      other.args['player_id'] === entry.args['player_id'] &&
      other.args['player'] === entry.args['name'] &&
      other.args['name'] === entry.args['player'],
  );
}

function unjudge({ args }: LogEntry, data: ConsoleData): HostMessage | undefined {
  const { question_id, answer_group, player_id } = args;
  const question = Object.values(data.reviews)
    .flatMap((review) => review.questions)
    .find((other) => other.question_id === question_id);
  if (!question) return undefined;
  const about = { question_id: question.question_id, credit: 'auto' as const };
  const group = question.groups.find((other) => other.answer_group === answer_group);
  if (group?.by === 'host') {
    return { type: 'override_answer', payload: { ...about, answer_group: group.answer_group } };
  }
  const own = question.answers.find((other) => other.player_id === player_id);
  if (own?.overridden) return { type: 'override_answer', payload: { ...about, player_id: own.player_id } };
  return undefined;
}
