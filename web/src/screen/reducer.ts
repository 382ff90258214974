import type {
  Board,
  Phase,
  QuestionReleased,
  RosterPlayer,
  ScreenState,
  ServerMessage,
} from '../shared/protocol';

/** A released question, with what the display learnt about it. */
export interface ShownQuestion extends QuestionReleased {
  /** The longest time left that was seen, in milliseconds: the full length of its timer rail. */
  rail_ms?: number;
}

/** What a display knows. Everything it shows is a function of this. */
export interface ScreenData {
  state?: ScreenState;
  phase: Phase;
  players: readonly RosterPlayer[];
  /** The questions of this round that are out, in the order they came out. */
  released: readonly ShownQuestion[];
  board?: Board;
  /** The standings shown before `board`, from which its rows move. */
  previous?: Board;
  cancelled: boolean;
  /**
   * The messages of a replay under way, from the welcome to the first pong after it. They count all at once, so that
   * nothing flickers on the way.
   */
  replay?: readonly ServerMessage[];
}

export const emptyScreen: ScreenData = { phase: 'lobby', players: [], released: [], cancelled: false };

/** Takes in one message that arrived at `now` (server time, milliseconds). */
export function fold(data: ScreenData, message: ServerMessage, now: number): ScreenData {
  if (message.type === 'welcome') return { ...data, replay: [message] };
  if (!data.replay) return step(data, message, now);
  const replay = [...data.replay, message];
  if (message.type !== 'pong') return { ...data, replay };
  return replayed(data, replay, now);
}

function replayed(before: ScreenData, messages: readonly ServerMessage[], now: number): ScreenData {
  const fresh = messages.reduce((data, message) => step(data, message, now), emptyScreen);
  const rails = new Map(before.released.map((shown) => [shown.question.id, shown.rail_ms]));
  const released = fresh.released.map((shown) => withRail(shown, rails.get(shown.question.id)));
  const previous = before.board?.round === fresh.board?.round ? before.previous : undefined;
  return { ...fresh, released, ...(previous && { previous }) };
}

function step(data: ScreenData, message: ServerMessage, now: number): ScreenData {
  switch (message.type) {
    case 'screen_state':
      return { ...data, state: message.payload, phase: message.payload.phase };
    case 'lobby_update':
      return { ...data, players: message.payload.players };
    case 'game_started':
      return { ...data, phase: 'question', released: [] };
    case 'round_reopened':
      return { ...data, phase: 'question', released: data.released.map(reopened) };
    case 'round_ended':
      return { ...data, phase: 'round_review' };
    case 'question_released':
      return {
        ...data,
        phase: 'question',
        released: withQuestion(data.released, message.payload, leftAt(data, now)),
      };
    case 'question_unreleased':
      return {
        ...data,
        released: data.released.filter((shown) => shown.question.id !== message.payload.question_id),
      };
    case 'question_closed':
      return changed(data, message.payload.question_id, (shown) => ({ ...shown, closed: true }));
    case 'question_timer': {
      const { question_id, closes_at } = message.payload;
      return changed(data, question_id, (shown) => timed(reopened(shown), closes_at, leftAt(data, now)));
    }
    case 'paused':
      return data.state ? { ...data, state: { ...data.state, paused_at: message.payload.paused_at } } : data;
    case 'resumed':
      return data.state ? { ...data, state: running(data.state) } : data;
    case 'round_leaderboard':
      return withBoard({ ...data, phase: 'leaderboard' }, message.payload);
    case 'game_ended':
      return withBoard(
        { ...data, phase: 'ended', cancelled: message.payload.cancelled ?? false },
        message.payload,
      );
    default:
      return data;
  }
}

/** The instant from which time left is counted: a paused game stands still. */
function leftAt(data: ScreenData, now: number): number {
  return data.state?.paused_at ?? now;
}

function withQuestion(
  released: readonly ShownQuestion[],
  question: QuestionReleased,
  now: number,
): readonly ShownQuestion[] {
  const shown = timed(question, question.closes_at, now);
  const known = released.some((other) => other.question.id === question.question.id);
  if (!known) return [...released, shown];
  return released.map((other) =>
    other.question.id === question.question.id ? withRail(shown, other.rail_ms) : other,
  );
}

function changed(data: ScreenData, id: string, change: (shown: ShownQuestion) => ShownQuestion): ScreenData {
  return {
    ...data,
    released: data.released.map((shown) => (shown.question.id === id ? change(shown) : shown)),
  };
}

function timed(shown: ShownQuestion, closesAt: number | undefined, now: number): ShownQuestion {
  const { closes_at: _, ...rest } = shown;
  if (closesAt === undefined) return rest;
  return withRail({ ...rest, closes_at: closesAt, rail_ms: Math.max(0, closesAt - now) }, shown.rail_ms);
}

function withRail(shown: ShownQuestion, railMs: number | undefined): ShownQuestion {
  if (railMs === undefined || shown.closes_at === undefined) return shown;
  return { ...shown, rail_ms: Math.max(railMs, shown.rail_ms ?? 0) };
}

function reopened(shown: ShownQuestion): ShownQuestion {
  const { closed: _, ...rest } = shown;
  return rest;
}

function running(state: ScreenState): ScreenState {
  const { paused_at: _, ...rest } = state;
  return rest;
}

function withBoard(data: ScreenData, board: Board): ScreenData {
  // Nothing moves from standings that the room has not seen.
  const before = data.board?.hidden ? undefined : data.board;
  return { ...data, board, ...(before && before.round !== board.round && { previous: before }) };
}
