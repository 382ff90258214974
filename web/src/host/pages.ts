import type { Component } from 'svelte';
import type { Page, Route } from './router';

type PageModule = { default: Component<{ id: string }> } | { default: Component };

const modules: Record<Page, () => Promise<PageModule>> = {
  setup: () => import('./pages/setup/Setup.svelte'),
  link: () => import('./pages/link/Link.svelte'),
  home: () => import('./pages/home/Home.svelte'),
  banks: () => import('./pages/banks/Banks.svelte'),
  bank: () => import('./pages/bank/Bank.svelte'),
  import: () => import('./pages/import/Import.svelte'),
  quizzes: () => import('./pages/quizzes/Quizzes.svelte'),
  quiz: () => import('./pages/quiz/Quiz.svelte'),
  games: () => import('./pages/games/Games.svelte'),
  results: () => import('./pages/results/Results.svelte'),
  live: () => import('./pages/live/Live.svelte'),
  repeats: () => import('./pages/repeats/Repeats.svelte'),
  bin: () => import('./pages/bin/Bin.svelte'),
  'print-quiz': () => import('./pages/print/PrintQuiz.svelte'),
  'print-bank': () => import('./pages/print/PrintBank.svelte'),
  'print-game': () => import('./pages/print/PrintGame.svelte'),
  account: () => import('./pages/account/Account.svelte'),
  tonight: () => import('./pages/server/Tonight.svelte'),
  health: () => import('./pages/server/Health.svelte'),
  backups: () => import('./pages/server/Backups.svelte'),
  jobs: () => import('./pages/server/Jobs.svelte'),
  accounts: () => import('./pages/server/Accounts.svelte'),
  settings: () => import('./pages/server/Settings.svelte'),
  'not-found': () => import('./pages/NotFound.svelte'),
};

/** Fetches the code of a page. Every page takes the id of its address, which is empty where there is none. */
export async function loadPage(route: Route): Promise<Component<{ id: string }>> {
  return (await modules[route.page]()).default as Component<{ id: string }>;
}
