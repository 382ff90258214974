import { isOurs, matchRoute, type Route } from './router';

/** Where the reader is. Links of this app change the address without loading a new document. */
class Navigation {
  route = $state.raw<Route>(matchRoute(location.pathname));
  /** False until the first move: the first page leaves the focus where the browser put it. */
  moved = $state(false);

  start(): void {
    addEventListener('popstate', () => this.#arrive());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    scrollTo(0, 0);
    this.#arrive();
  }

  #arrive(): void {
    const next = matchRoute(location.pathname);
    if (JSON.stringify(next) === JSON.stringify(this.route)) return;
    this.moved = true;
    this.route = next;
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !isOurs(url.pathname)) return;
    if (url.hash !== '' && url.pathname === location.pathname) return;
    event.preventDefault();
    this.go(url.pathname + url.search);
  }
}

export const navigation = new Navigation();
