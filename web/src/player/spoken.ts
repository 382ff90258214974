const marks = [30, 10, 5];

/** The seconds to say aloud when the time left falls from `before` to `after` (milliseconds), if a mark lies between. */
export function secondsToSay(before: number, after: number): number | undefined {
  return marks.find((mark) => before > mark * 1000 && after <= mark * 1000);
}
