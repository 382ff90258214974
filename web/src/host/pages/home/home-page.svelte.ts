import { load, save } from '../../../shared/storage';
import { banks, encryption, games, quizzes, server } from '../../api';
import { isRunning } from '../../game-facts';
import { reasonOf } from '../../reason';
import type { Bank, Encryption, Game, QuizSummary, ServerInfo } from '../../rest';
import { savesSettled } from '../../saves';
import { clocksApart, type ClocksApart } from './health';

const HIDDEN_KEY = 'quibble.guide.hidden';
const SCREEN_KEY = 'quibble.guide.screen';
const POLL_MS = 3_000;

export type Step = 'play' | 'screen' | 'phone' | 'ready';

/** The host's first page: what is running, what there is, and the guide through a first game. */
export class HomePage {
  server = $state.raw<ServerInfo>();
  games = $state.raw<Game[]>();
  quizzes = $state.raw<QuizSummary[]>([]);
  banks = $state.raw<Bank[]>([]);
  failed = $state('');
  /** Set when the server's clock and this device's do not agree. */
  apart = $state.raw<ClocksApart>();
  /** Undefined while a server of the version before answers, which does not tell. */
  encryption = $state.raw<Encryption>();
  #hidden = $state(load(HIDDEN_KEY) === 'yes');
  /** The game whose big screen was opened from the guide on this browser. */
  #screened = $state(load(SCREEN_KEY) ?? '');
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly running = $derived((this.games ?? []).filter(isRunning));
  /** The quiz to begin with: the oldest that has questions. */
  readonly sample = $derived(
    [...this.quizzes]
      .filter((quiz) => quiz.question_count > 0)
      .sort((a, b) => a.created_at.localeCompare(b.created_at))[0],
  );
  readonly guided = $derived(
    this.games !== undefined && !this.#hidden && !this.games.some((game) => game.status === 'completed'),
  );
  readonly step = $derived.by((): Step => {
    const game = this.running[0];
    if (game === undefined) return 'play';
    if (this.#screened !== game.id) return 'screen';
    return game.player_count === 0 ? 'phone' : 'ready';
  });

  async load(): Promise<void> {
    this.failed = '';
    try {
      await savesSettled();
      const asked = Date.now();
      let answered = asked;
      const [info, encrypted, gamePage, quizPage, bankPage] = await Promise.all([
        server().finally(() => (answered = Date.now())),
        encryption().catch(() => undefined),
        games.page(),
        quizzes.page(''),
        banks.page(''),
      ]);
      this.server = info;
      this.encryption = encrypted;
      this.quizzes = quizPage.items;
      this.banks = bankPage.items;
      this.games = gamePage.items;
      const written = [...gamePage.items, ...quizPage.items, ...bankPage.items].map((item) =>
        Date.parse(item.updated_at),
      );
      this.apart = clocksApart({ asked, answered, server: info.server_time_ms }, Math.max(0, ...written));
      this.#watch();
    } catch (error) {
      this.failed = reasonOf(error);
    }
  }

  leave(): void {
    clearTimeout(this.#timer);
  }

  async play(quiz: QuizSummary): Promise<void> {
    const game = await games.create(quiz.id, false);
    this.games = [game, ...(this.games ?? [])];
  }

  /** The link that opens the big screen of a game. */
  async screenUrl(game: Game): Promise<string> {
    const { url } = await games.newScreen(game.id);
    this.#screened = game.id;
    save(SCREEN_KEY, game.id);
    return url;
  }

  hideGuide(): void {
    this.#hidden = true;
    save(HIDDEN_KEY, 'yes');
  }

  showGuide(): void {
    this.#hidden = false;
    save(HIDDEN_KEY, 'no');
  }

  /** Follows the games while the guide waits for a player. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      if (this.guided) {
        const page = await games.page().catch(() => undefined);
        if (page) this.games = page.items;
      }
      this.#watch();
    }, POLL_MS);
  }
}
