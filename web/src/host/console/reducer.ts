import type {
  AnswerCount,
  HostChoice,
  HostQuiz,
  HostState,
  RoundReview,
  ScreenState,
  ServerMessage,
  Welcome,
} from '../../shared/protocol';
import { emptyScreen, fold as foldScreen, type ScreenData } from '../../screen/reducer';

/** What a console knows. Everything it shows is a function of this, so that two consoles agree. */
export interface ConsoleData {
  welcome?: Welcome;
  quiz?: HostQuiz;
  host?: HostState;
  /** By round, counted from 1. */
  reviews: Readonly<Record<number, RoundReview>>;
  /** What a big screen makes of the same messages. */
  screen: ScreenData;
}

export const emptyConsole: ConsoleData = { reviews: {}, screen: emptyScreen };

/** Takes in one message that arrived at `now` (server time, milliseconds). */
export function fold(data: ConsoleData, message: ServerMessage, now: number): ConsoleData {
  const screen = foldScreen(data.screen, message, now);
  return { ...foldOwn(data, message), screen };
}

function foldOwn(data: ConsoleData, message: ServerMessage): ConsoleData {
  switch (message.type) {
    case 'welcome':
      return { ...data, welcome: message.payload };
    case 'host_quiz':
      return { ...data, quiz: message.payload };
    case 'host_state':
      return { ...data, host: message.payload };
    case 'round_review':
      return { ...data, reviews: { ...data.reviews, [message.payload.round]: message.payload } };
    case 'round_reopened': {
      const { [message.payload.round]: _, ...reviews } = data.reviews;
      return { ...data, reviews };
    }
    default:
      return data.host ? { ...data, host: early(data.host, message) } : data;
  }
}

/** The state as a message changes it, ahead of the `host_state` that follows within a quarter of a second. */
function early(host: HostState, message: ServerMessage): HostState {
  switch (message.type) {
    case 'question_released':
      return withQuestion(host, message.payload.question.id, (question) => {
        const { closes_at: _, ...rest } = question;
        const closesAt = message.payload.closes_at;
        const state = message.payload.closed ? 'closed' : 'open';
        return { ...rest, state, ...(closesAt !== undefined && { closes_at: closesAt }) };
      });
    case 'question_closed':
      return withQuestion(host, message.payload.question_id, (question) => ({
        ...question,
        state: 'closed',
      }));
    case 'question_unreleased':
      return withQuestion(host, message.payload.question_id, (question) => ({
        ...question,
        state: 'pending',
      }));
    case 'question_timer':
      return withQuestion(host, message.payload.question_id, (question) => {
        const { closes_at: _, ...rest } = question;
        const closesAt = message.payload.closes_at;
        return { ...rest, state: 'open', ...(closesAt !== undefined && { closes_at: closesAt }) };
      });
    case 'scoreboard_update':
      return withQuestion(host, message.payload.question_id, (question) => ({
        ...question,
        answered: message.payload.answer_count,
      }));
    case 'round_ended':
      return { ...host, phase: 'round_review' };
    case 'round_leaderboard':
      return { ...host, phase: 'leaderboard' };
    case 'game_ended':
      return { ...host, phase: 'ended' };
    case 'paused':
      return { ...host, paused_at: message.payload.paused_at };
    case 'resumed': {
      const { paused_at: _, ...rest } = host;
      return rest;
    }
    default:
      return host;
  }
}

type Pulse = HostState['questions'][number];

function withQuestion(host: HostState, id: string, change: (question: Pulse) => Pulse): HostState {
  return {
    ...host,
    questions: host.questions.map((question) => (question.id === id ? change(question) : question)),
  };
}

/** The state of a big screen, put together from what the host knows. */
export function screenStateOf(data: ConsoleData, joinUrl: string): ScreenState | undefined {
  const { host, quiz, welcome } = data;
  if (!host || !welcome) return undefined;
  const title = quiz?.rounds[host.round - 1]?.title;
  const answer = host.present.view === 'answer' ? revealed(data, host.present.question_id) : undefined;
  return {
    join_url: joinUrl,
    code: welcome.code,
    quiz_name: welcome.quiz_name,
    phase: host.phase,
    present: host.present,
    options: host.options,
    ...(welcome.practice && { practice: true }),
    player_count: host.players.filter((player) => player.state === 'playing').length,
    round: host.round,
    total_rounds: host.total_rounds,
    ...(title !== undefined && { round_title: title }),
    ...(host.paused_at !== undefined && { paused_at: host.paused_at }),
    ...(answer && { answer }),
  };
}

function revealed(data: ConsoleData, id: string): ScreenState['answer'] {
  const reviews = Object.values(data.reviews);
  const question = reviews.flatMap((review) => review.questions).find((other) => other.question_id === id);
  if (!question) return undefined;
  const counts = question.groups.map(({ text, count, credit }) => ({ answer: text, count, credit }));
  const choices = choicesOf(data, id);
  return {
    question_id: question.question_id,
    type: question.type,
    prompt: question.prompt,
    points: question.points,
    ...(question.nearest && { nearest: true }),
    correct_answers: question.correct_answers,
    histogram: choices ? choices.map((choice) => counted(choice, counts)) : counts,
  };
}

function choicesOf(data: ConsoleData, id: string): HostChoice[] | undefined {
  const questions = data.quiz?.rounds.flatMap((round) => round.questions);
  return questions?.find((question) => question.id === id)?.choices;
}

function counted({ text, correct }: HostChoice, counts: readonly AnswerCount[]): AnswerCount {
  const chosen = counts.find(({ answer }) => answer === text);
  return chosen ?? { answer: text, count: 0, credit: correct ? 'full' : 'none' };
}
