import type { Dictionary } from './t';

/** What the host prints: sheets, cards and results, and the pages that show them before. */
export const print = {
  print: 'Print',
  page_title_quiz: 'Print a quiz',
  page_title_bank: 'Print a bank',
  page_title_game: 'Print for a game',
  what: 'What to print',
  paper: 'Paper',
  paper_a4: 'A4',
  paper_letter: 'Letter',
  preview: 'Preview',
  preview_hint:
    'This is what is printed, on as many sheets as it takes. The number of copies is for the print dialog.',
  loading: 'Loading…',
  loaded_so_far: { one: '{n} question so far', other: '{n} questions so far' },

  kind_questions: 'Question sheet',
  kind_questions_hint: 'For the host: questions, answers, notes and points.',
  kind_answers: 'Answer sheets',
  kind_answers_hint: 'For teams without a phone: a sheet for each round, to write on.',
  kind_cards: 'Table cards',
  kind_cards_hint: 'How to join, for every table. The QR code can be read from a metre away.',
  kind_results: 'Results',
  kind_results_hint: 'Who came where, to pin up.',

  no_questions: 'There are no questions to print yet.',
  no_results: 'There is nothing to print yet: no round has been scored.',
  no_cards: 'This game is over. Nobody can join it any more.',

  host_sheet: 'Question sheet – for the host only',
  round: 'Round {n}',
  round_titled: 'Round {n}: {title}',
  points: { one: '{n} point', other: '{n} points' },
  round_facts: { one: '{n} question, {points}', other: '{n} questions, {points}' },
  seconds: { one: '{n} second', other: '{n} seconds' },
  right_option: '{letter} – {text} (right)',
  answer: 'Answer',
  also: 'also {answers}',
  notes: 'Notes',

  team: 'Team',
  round_score: 'Points',
  ring_one: 'Ring one letter.',

  how_many: 'How many cards',
  how_many_hint: 'Two fit on a sheet.',
  how_many_problem: 'Choose a number from 1 to {max}.',
  join_in: 'Play along',
  scan: 'Scan this with your phone,',
  or_go_to: 'or go to',
  and_type: 'and type',
  qr_alt: 'QR code that opens the join page',

  final_results: 'Final results',
  results_so_far: 'Results so far',
  rank: 'Place',
  player: 'Player',
  score: 'Points',
  round_short: 'R{n}',
} as const satisfies Dictionary;
