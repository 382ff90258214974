import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import AnswerStatus from './AnswerStatus.svelte';
import Board from './Board.svelte';
import Options from './Options.svelte';
import Over from './Over.svelte';
import type { Question } from './reducer';
import Room from './Room.svelte';
import TextAnswer from './TextAnswer.svelte';

const choice: Question = {
  id: 'q1',
  position: 1,
  type: 'multiple_choice',
  prompt: 'Which?',
  points: 1000,
  choices: ['Mercury', 'Venus', 'Mars'],
  nearest: false,
  closesAt: undefined,
  closed: undefined,
  saved: undefined,
};
const written: Question = { ...choice, type: 'text', choices: [] };

afterEach(cleanup);

describe('options', () => {
  test('are radio buttons that answer when chosen', async () => {
    const onchoose = vi.fn();
    render(Options, { locked: false, question: choice, answer: 'Mars', onchoose });
    expect(screen.getAllByRole<HTMLInputElement>('radio').map((radio) => radio.checked)).toEqual([
      false,
      false,
      true,
    ]);
    await fireEvent.click(screen.getByLabelText(/Venus/));
    expect(onchoose).toHaveBeenCalledWith('Venus');
  });

  test.each([
    ['2', 'Venus'],
    ['c', 'Mars'],
  ])('are chosen by the key %s', async (key, chosen) => {
    const onchoose = vi.fn();
    render(Options, { locked: false, question: choice, answer: undefined, onchoose });
    await fireEvent.keyDown(screen.getByLabelText(/Mercury/), { key });
    expect(onchoose).toHaveBeenCalledWith(chosen);
  });

  test.each(['4', 'f', '0', 'Enter', 'ab'])('ignore the key %s', async (key) => {
    const onchoose = vi.fn();
    render(Options, { locked: false, question: choice, answer: undefined, onchoose });
    await fireEvent.keyDown(screen.getByLabelText(/Mercury/), { key });
    expect(onchoose).not.toHaveBeenCalled();
  });

  test('of a closed question cannot be chosen', () => {
    render(Options, {
      locked: false,
      question: { ...choice, closed: 'host' },
      answer: 'Mars',
      onchoose: vi.fn(),
    });
    expect(screen.getByRole<HTMLFieldSetElement>('group').disabled).toBe(true);
  });
});

describe('a written answer', () => {
  test('reports typing, and being done on Enter and on leaving', async () => {
    const ontype = vi.fn();
    const ondone = vi.fn();
    render(TextAnswer, { locked: false, onsend: vi.fn(), question: written, answer: 'Par', ontype, ondone });
    const input = screen.getByLabelText<HTMLInputElement>('Your answer');
    expect(input.value).toBe('Par');
    await fireEvent.focus(input);
    await fireEvent.input(input, { target: { value: 'Paris ' } });
    expect(ontype).toHaveBeenCalledWith('Paris ');
    await fireEvent.blur(input);
    input.focus();
    await fireEvent.submit(input);
    expect(ondone).toHaveBeenCalledTimes(2);
    expect(document.activeElement).toBe(document.body);
  });

  test('that is wiped says that the saved one stays', async () => {
    render(TextAnswer, {
      locked: false,
      onsend: vi.fn(),
      question: written,
      answer: 'Paris',
      ontype: vi.fn(),
      ondone: vi.fn(),
    });
    const input = screen.getByLabelText<HTMLInputElement>('Your answer');
    await fireEvent.focus(input);
    await fireEvent.input(input, { target: { value: '' } });
    expect(screen.getByText(/Saved: Paris/)).toBeTruthy();
  });

  test('keeps what is being typed when the server trims it', async () => {
    const { rerender } = render(TextAnswer, {
      locked: false,
      onsend: vi.fn(),
      question: written,
      answer: '',
      ontype: vi.fn(),
      ondone: vi.fn(),
    });
    const input = screen.getByLabelText<HTMLInputElement>('Your answer');
    await fireEvent.focus(input);
    await fireEvent.input(input, { target: { value: 'New ' } });
    await rerender({ answer: 'New' });
    expect(input.value).toBe('New ');
  });
});

test.each([
  ['none', 'Not answered yet'],
  ['draft', 'Not locked in yet'],
  ['phone', 'On this phone, not sent yet'],
  ['sending', 'Sending…'],
  ['retrying', 'Not saved, trying again'],
  ['saved', 'Saved'],
] as const)('the state %s is said in words', (state, words) => {
  render(AnswerStatus, { question: choice, answer: 'Mars', state });
  expect(screen.getByText(words)).toBeTruthy();
});

describe('what the room answered', () => {
  const counts = [
    { answer: 'Lima', count: 12, credit: 'full' },
    { answer: 'Limo', count: 3, credit: 'half' },
    { answer: 'Quito', count: 6, credit: 'none' },
  ] as const;
  const room = { question_id: 'q1', players: 37, right: 12, counts: [...counts], others: 2 };

  test('is how many had it, and how often each answer was given', () => {
    const { container } = render(Room, { room });
    expect(container.querySelector('summary')?.textContent).toBe('12 of 37 had it');
    const rows = [...container.querySelectorAll('li')];
    expect(rows.map((row) => row.textContent.replace(/\s+/g, ' ').trim())).toEqual([
      'Lima 12',
      'Limo 3',
      'Quito 6',
    ]);
    expect(rows.map((row) => row.querySelector('[role=img]')?.getAttribute('aria-label'))).toEqual([
      'Right',
      'Half marks',
      undefined,
    ]);
    expect(rows.map((row) => row.querySelector('rect')?.getAttribute('width'))).toEqual([
      '100%',
      '25%',
      '50%',
    ]);
    expect(screen.getByText('2 other answers')).toBeTruthy();
  });

  test('may be nothing at all', () => {
    const { container } = render(Room, { room: { question_id: 'q1', players: 37, right: 0, counts: [] } });
    expect(container.querySelector('summary')?.textContent).toBe('Nobody got this one');
    expect(container.querySelectorAll('li')).toHaveLength(0);
  });

  test('is not nothing when somebody had half of it', () => {
    const { container } = render(Room, { room: { ...room, right: 0, counts: counts.slice(1) } });
    expect(container.querySelector('summary')?.textContent).toBe('0 of 37 had it');
  });
});

describe('the board shows everybody on request', () => {
  const entries = Array.from({ length: 20 }, (_, index) => ({
    rank: index + 1,
    player_id: `p${index}`,
    display_name: `Player ${index}`,
    score: 20_000 - 1000 * index,
  }));
  const board = { entries, round: 1, total_rounds: 2 };
  const button = () => screen.getByRole('button', { name: 'Everybody (20)' });

  test('when it is here', async () => {
    const onwhole = vi.fn();
    render(Board, { board, ownId: 'p0', onwhole });
    expect(screen.queryByText('Player 15')).toBeNull();
    expect(screen.getByText('Player 0 (you)')).toBeTruthy();
    await fireEvent.click(button());
    expect(screen.getByText('Player 15')).toBeTruthy();
    expect(onwhole).not.toHaveBeenCalled();
  });

  test('when it has to be asked for, and again by itself each time that it changes', async () => {
    const onwhole = vi.fn();
    const short = (change: number) => ({
      ...board,
      entries: entries.slice(0, 10).map((entry) => ({ ...entry, score: entry.score + change })),
      total: 20,
    });
    const { rerender } = render(Board, { board: short(0), ownId: 'p0', onwhole });
    expect(button().getAttribute('aria-pressed')).toBe('false');
    await fireEvent.click(button());
    expect(onwhole).toHaveBeenCalledTimes(1);
    expect(button().getAttribute('aria-pressed')).toBe('false');
    await rerender({ board });
    expect(screen.getByText('Player 15')).toBeTruthy();
    expect(button().getAttribute('aria-pressed')).toBe('true');

    await rerender({ board: short(1) });
    expect(onwhole).toHaveBeenCalledTimes(2);
    expect(screen.getByText('Player 15'), 'it stays while the new one is on its way').toBeTruthy();
    await rerender({ board: short(2) });
    expect(onwhole, 'another change in the meantime').toHaveBeenCalledTimes(3);
    await rerender({ board });

    await fireEvent.click(button());
    expect(screen.queryByText('Player 15')).toBeNull();
    await rerender({ board: short(3) });
    expect(onwhole).toHaveBeenCalledTimes(3);
  });
});

test.each([
  [4401, '', 'This phone has lost its seat.'],
  [4403, 'moved', 'Another phone took this seat.'],
  [4403, 'removed', 'The host took you out of the game.'],
  [4403, 'left', 'You left the game.'],
  [4404, '', 'This game cannot be found.'],
  [4410, '', 'This game is over.'],
  [4426, '', 'This page is out of date.'],
])('the close code %i %s has its screen', (code, reason, words) => {
  render(Over, { code, reason, onleave: vi.fn(), ontakeback: vi.fn() });
  expect(screen.getByRole('heading').textContent).toBe(words);
});
