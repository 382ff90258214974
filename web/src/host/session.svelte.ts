import type { Account } from './rest';

/** Who is signed in on this browser. */
class Session {
  /** `undefined` until the server has said; `null` = nobody. */
  account = $state.raw<Account | null>();
  /** True when a page was open as the session ended: it stays, with a sign-in form over it. */
  expired = $state(false);

  began(account: Account): void {
    this.account = account;
    this.expired = false;
  }

  /** The server no longer knows this browser. */
  lapsed(): void {
    if (this.account) this.expired = true;
  }

  ended(): void {
    this.account = null;
    this.expired = false;
  }
}

export const session = new Session();
