import type { Options } from '../protocol';

/** The options of a game whose host has changed none. */
export const usualOptions: Options = {
  join_strip: true,
  calm: false,
  secret_board: false,
  lock_in: false,
  release_all: false,
  auto_advance: 0,
  sound: 0,
  text: 100,
};
