/** The six answer shapes on a 24 grid, A to F: triangle, diamond, circle, square, star, hexagon. */
export const shapes = [
  'M12 3 22 20.5H2Z',
  'M12 1.5 22.5 12 12 22.5 1.5 12Z',
  'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Z',
  'M3 3h18v18H3Z',
  'M12 1.5l3.2 6.9 7.5.9-5.5 5.2 1.4 7.4L12 18.3l-6.6 3.6 1.4-7.4L1.3 9.3l7.5-.9Z',
  'M6.5 2.5h11L23 12l-5.5 9.5h-11L1 12Z',
] as const;

export const letters = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
