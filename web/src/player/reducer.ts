import type {
  Board,
  Phase,
  QuestionAnswers,
  QuestionReleased,
  RosterPlayer,
  RoundScores,
  ServerMessage,
  You,
} from '../shared/protocol';

export interface Question {
  id: string;
  position: number;
  type: 'text' | 'multiple_choice';
  prompt: string;
  points: number;
  choices: readonly string[];
  /** The nearest number wins. */
  nearest: boolean;
  /** Milliseconds of the server's clock. */
  closesAt: number | undefined;
  /** Why no answer is taken any more. */
  closed: 'host' | 'time' | undefined;
  /** The player's answer that the server has. */
  saved: string | undefined;
}

export interface Claim {
  claim_id: string;
  display_name: string;
}

/** The game as this player's phone knows it. */
export interface GameView {
  /** False until the first welcome. */
  known: boolean;
  phase: Phase;
  quizName: string;
  teams: boolean;
  /** An answer is handed in by a button, and not before. */
  lockIn: boolean;
  you: You | undefined;
  /** In a large game, the first of them. */
  players: readonly RosterPlayer[];
  playerCount: number;
  round: number;
  totalRounds: number;
  roundTitle: string | undefined;
  questionsInRound: number;
  /** The instant at which all clocks stand still. */
  pausedAt: number | undefined;
  /** The released questions of the current round, in order. */
  questions: readonly Question[];
  /** Released scores, the latest round first. */
  scores: readonly RoundScores[];
  /** What the room answered, by question. */
  room: Readonly<Record<string, QuestionAnswers>>;
  board: Board | undefined;
  /** A break, and when it ends, if that is known. */
  interval: { until?: number } | undefined;
  cancelled: boolean;
  /** Other phones that ask to play for this player. */
  claims: readonly Claim[];
}

export const nothingYet: GameView = {
  known: false,
  phase: 'lobby',
  quizName: '',
  teams: false,
  lockIn: false,
  you: undefined,
  players: [],
  playerCount: 0,
  round: 0,
  totalRounds: 0,
  roundTitle: undefined,
  questionsInRound: 0,
  pausedAt: undefined,
  questions: [],
  scores: [],
  room: {},
  board: undefined,
  interval: undefined,
  cancelled: false,
  claims: [],
};

/** What a view becomes by a message. Messages that change nothing on a player's phone return the same view. */
export function fold(view: GameView, message: ServerMessage): GameView {
  switch (message.type) {
    case 'welcome': {
      const { phase, quiz_name, teams, you } = message.payload;
      return { ...nothingYet, known: true, phase, quizName: quiz_name, teams, you };
    }
    case 'you': {
      const more = message.payload.devices > (view.you?.devices ?? 0);
      return { ...view, you: message.payload, claims: more ? [] : view.claims };
    }
    case 'lobby_update': {
      const { players, total } = message.payload;
      return { ...view, players, playerCount: total ?? players.length };
    }
    case 'teams':
      return { ...view, teams: message.payload.allowed };
    case 'options':
      return { ...view, lockIn: message.payload.lock_in };
    case 'claim':
      return { ...view, claims: [...withoutClaim(view, message.payload.claim_id), message.payload] };
    case 'game_started':
      return {
        ...inRound(view, message.payload),
        phase: 'question',
        roundTitle: message.payload.round_title,
        questionsInRound: message.payload.questions_in_round ?? 0,
        questions: [],
        board: undefined,
      };
    case 'question_released':
      return released(view, message.payload);
    case 'question_closed':
      return change(view, message.payload.question_id, { closed: message.payload.by });
    case 'question_timer':
      return change(view, message.payload.question_id, {
        closesAt: message.payload.closes_at,
        closed: undefined,
      });
    case 'question_unreleased':
      return { ...view, questions: view.questions.filter(({ id }) => id !== message.payload.question_id) };
    case 'answer_accepted':
      return change(view, message.payload.question_id, { saved: message.payload.answer });
    case 'paused':
      return { ...view, pausedAt: message.payload.paused_at };
    case 'resumed':
      return { ...view, pausedAt: undefined };
    case 'break':
      return { ...view, interval: message.payload.on ? message.payload : undefined };
    case 'round_ended':
      return { ...inRound(view, message.payload), phase: 'round_review' };
    case 'round_reopened': {
      const questions = view.questions.map((question) => ({
        ...question,
        closed: undefined,
        closesAt: undefined,
      }));
      return { ...inRound(view, message.payload), phase: 'question', questions };
    }
    case 'round_scores':
      return withScores(view, message.payload);
    case 'round_answers': {
      const room = message.payload.questions.map((question) => [question.question_id, question]);
      return { ...view, room: { ...view.room, ...Object.fromEntries(room) } };
    }
    case 'round_leaderboard':
      return {
        ...placed(view, message.payload),
        phase: view.phase === 'ended' ? 'ended' : 'leaderboard',
        board: message.payload,
      };
    case 'game_ended':
      return {
        ...placed(view, message.payload),
        phase: 'ended',
        board: message.payload,
        cancelled: message.payload.cancelled ?? false,
      };
    default:
      return view;
  }
}

export function withoutClaim(view: GameView, claimId: string): readonly Claim[] {
  return view.claims.filter((claim) => claim.claim_id !== claimId);
}

function released(view: GameView, message: QuestionReleased): GameView {
  const { question, pos_in_round, total_in_round, closes_at, closed, your_answer } = message;
  const before = view.questions.find(({ id }) => id === question.id);
  const entry: Question = {
    id: question.id,
    position: pos_in_round,
    type: question.type,
    prompt: question.prompt,
    points: question.points,
    choices: question.choices ?? [],
    nearest: question.nearest ?? false,
    closesAt: closes_at,
    closed: closed ? 'host' : undefined,
    saved: your_answer ?? before?.saved,
  };
  const others = view.questions.filter(({ id }) => id !== question.id);
  return {
    ...inRound(view, message),
    roundTitle: message.round_title ?? view.roundTitle,
    questionsInRound: total_in_round,
    questions: [...others, entry].sort((a, b) => a.position - b.position),
  };
}

function withScores(view: GameView, scores: RoundScores): GameView {
  const others = view.scores.filter(({ round }) => round !== scores.round);
  return { ...view, scores: [...others, scores].sort((a, b) => b.round - a.round) };
}

/** The night goes on, which ends a break, too. */
function inRound(view: GameView, place: { round: number; total_rounds: number }): GameView {
  return { ...placed(view, place), interval: undefined };
}

function placed(view: GameView, place: { round: number; total_rounds: number }): GameView {
  return { ...view, round: place.round, totalRounds: place.total_rounds };
}

function change(view: GameView, questionId: string, values: Partial<Question>): GameView {
  const questions = view.questions.map((question) =>
    question.id === questionId ? { ...question, ...values } : question,
  );
  return { ...view, questions };
}
