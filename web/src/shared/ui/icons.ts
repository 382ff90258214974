/** Icon paths on a 24 grid, drawn with a 2 px stroke. Each is its own constant, so that a page carries only its own. */
export const tick = 'M4 13l5 5L20 6';
export const cross = 'M6 6l12 12M18 6L6 18';
export const half = 'M12 3a9 9 0 1 0 0 18V3ZM12 3a9 9 0 0 1 0 18M9 4.5v15M6 6.5v11';
export const phone = 'M7 2h10v20H7ZM11 18.5h2';
export const sending = 'M12 20V5M5 12l7-7 7 7';
export const offline =
  'M3 3l18 18M8.5 15.5a5 5 0 0 1 5-1.2M5 12a10 10 0 0 1 4-2.5M19 12a10 10 0 0 0-6-2.9M2 8.5A15 15 0 0 1 6 6M22 8.5a15 15 0 0 0-11-4M12 19.5v.01';
export const clock = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3.5 2';
export const pause = 'M8 5v14M16 5v14';
export const play = 'M7 4l13 8-13 8Z';
export const people =
  'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM2 21c0-4 3-7 7-7s7 3 7 7M16 3.5a4 4 0 0 1 0 7M18 14.5c2.5 1 4 3.5 4 6.5';
export const pencil = 'M4 20l1-5L16 4l4 4L9 19ZM13.5 6.5l4 4';
export const door = 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4';
export const flag = 'M5 22V3h13l-3 5 3 5H5';
export const trophy =
  'M7 3h10v6a5 5 0 0 1-10 0ZM7 5H3c0 4 2 6 4.5 6M17 5h4c0 4-2 6-4.5 6M12 14v4M8 21h8M9 21l1-3h4l1 3';
export const plus = 'M12 5v14M5 12h14';
export const minus = 'M5 12h14';
export const plusMinus = 'M12 4v10M7 9h10M7 20h10';
export const search = 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5L21 21';
export const undo = 'M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-4';
export const up = 'M5 15l7-7 7 7';
export const down = 'M5 9l7 7 7-7';
export const left = 'M15 5l-7 7 7 7';
export const right = 'M9 5l7 7-7 7';
export const menu = 'M4 6h16M4 12h16M4 18h16';
export const bin = 'M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6';
export const screen = 'M3 4h18v12H3ZM8 21h8M12 16v5';
export const download = 'M12 3v12M7 10l5 5 5-5M4 20h16';
export const upload = 'M12 16V4M7 9l5-5 5 5M4 20h16';
export const lock = 'M6 11h12v10H6ZM8 11V8a4 4 0 0 1 8 0v3';
export const grip = 'M9 5v.01M15 5v.01M9 12v.01M15 12v.01M9 19v.01M15 19v.01';
export const info = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v6M12 7.5v.01';
export const warning = 'M12 3L1.5 21h21ZM12 10v5M12 18v.01';
export const contrast = 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 3v18M12 7a5 5 0 0 1 0 10';
export const printer = 'M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7Z';
