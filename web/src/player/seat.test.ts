import { beforeEach, describe, expect, test } from 'vitest';
import { cleanCode, codeInPath, deviceId, endSeat, forgetSeat, lastName, loadSeat, saveSeat } from './seat';

const seat = { code: 'ABC234', session_token: 't', player_id: 'p', display_name: 'Ada' };

beforeEach(() => localStorage.clear());

test('codes lose case, spaces and hyphens', () => {
  expect(cleanCode(' abc-2 34 ')).toBe('ABC234');
});

describe('the code in the address', () => {
  test.each([
    ['/j/abc234', 'ABC234'],
    ['/J/ABC234/', 'ABC234'],
    ['/j/abc%20234', 'ABC234'],
  ])('of %s', (path, code) => {
    expect(codeInPath(path)).toBe(code);
  });

  test.each(['/', '/j/', '/j/a/b', '/host', '/j/%E0%A4%A'])('is not in %s', (path) => {
    expect(codeInPath(path)).toBeUndefined();
  });
});

describe('a seat', () => {
  test('is found by its code, and the last one without', () => {
    saveSeat(seat);
    expect(loadSeat('ABC234')).toEqual(seat);
    expect(loadSeat()).toEqual(seat);
    expect(loadSeat('XYZ234')).toBeUndefined();
    expect(lastName()).toBe('Ada');
  });

  test('is gone when forgotten; the name is still known', () => {
    saveSeat(seat);
    forgetSeat('ABC234');
    expect(loadSeat()).toBeUndefined();
    expect(lastName()).toBe('Ada');
  });

  test('in a game that is over is found by its code only', () => {
    saveSeat(seat);
    endSeat('XYZ234');
    expect(loadSeat()).toEqual(seat);
    endSeat('ABC234');
    expect(loadSeat()).toBeUndefined();
    expect(loadSeat('ABC234')).toEqual(seat);
  });

  test('that was damaged is none', () => {
    saveSeat(seat);
    localStorage.setItem('quibble.seat.ABC234', '{"code":1}');
    expect(loadSeat()).toBeUndefined();
    localStorage.setItem('quibble.seat.ABC234', '{');
    expect(loadSeat()).toBeUndefined();
  });
});

test('a device keeps its id', () => {
  expect(deviceId()).toMatch(/^[0-9a-f]{32}$/);
  expect(deviceId()).toBe(deviceId());
});
