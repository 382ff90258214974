import { describe, expect, it } from 'vitest';
import { isOurs, matchRoute, paths } from './router';

describe('matchRoute', () => {
  it.each([
    ['/setup', { page: 'setup' }],
    ['/host/link', { page: 'link' }],
    ['/host', { page: 'home' }],
    ['/host/', { page: 'home' }],
    ['/host/banks', { page: 'banks' }],
    ['/host/banks/b1', { page: 'bank', id: 'b1' }],
    ['/host/banks/b1/import/', { page: 'import', id: 'b1' }],
    ['/host/quizzes', { page: 'quizzes' }],
    ['/host/quizzes/q1', { page: 'quiz', id: 'q1' }],
    ['/host/games', { page: 'games' }],
    ['/host/games/g1', { page: 'results', id: 'g1' }],
    ['/host/games/g1/live', { page: 'live', id: 'g1' }],
    ['/host/quizzes/q1/print', { page: 'print-quiz', id: 'q1' }],
    ['/host/banks/b1/print', { page: 'print-bank', id: 'b1' }],
    ['/host/games/g1/print', { page: 'print-game', id: 'g1' }],
    ['/host/account', { page: 'account' }],
    ['/host/server', { page: 'tonight' }],
    ['/host/server/backups/', { page: 'backups' }],
  ])('%s', (path, route) => {
    expect(matchRoute(path)).toEqual(route);
  });

  it.each([
    '/host/nothing',
    '/host/games/g1/live/more',
    '/host/banks//import',
    '/hosts',
    '/host/toString',
    '/host/banks/%E0%A4%A',
  ])('knows no %s', (path) => {
    expect(matchRoute(path)).toEqual({ page: 'not-found' });
  });

  it('reads back every path that is built', () => {
    expect(matchRoute(paths.bank('a b/c'))).toEqual({ page: 'bank', id: 'a b/c' });
    expect(matchRoute(paths.live('x'))).toEqual({ page: 'live', id: 'x' });
  });
});

describe('isOurs', () => {
  it('leaves the player, the screen and the API to the server', () => {
    expect(isOurs('/host/games')).toBe(true);
    expect(isOurs('/setup')).toBe(true);
    expect(isOurs('/hosting')).toBe(false);
    expect(isOurs('/screen')).toBe(false);
    expect(isOurs('/api/banks/1/export')).toBe(false);
  });
});
