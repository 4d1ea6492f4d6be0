/** Numbers of a step: the first row and the first position, the position behind the last, and how many tokens it has. */
export const [ROW, START, END, TOKENS] = [0, 1, 2, 3] as const;

/** How many they are. */
export const STEP_NUMBERS = 4;

/** A number that grows with one of a step's. */
export class Growing {
  readonly base: number;
  readonly factor: number;
  /** Which of the step's numbers. */
  readonly by: number;

  constructor(base: number, factor: number, by: number) {
    this.base = base;
    this.factor = factor;
    this.by = by;
  }

  /** What it is where the step's number is `value`. */
  at(value: number): number {
    return this.base + this.factor * value;
  }
}

/** A number that a kernel is called with. */
export type Argument = number | Growing;

export const start = new Growing(0, 1, START);
export const end = new Growing(0, 1, END);

/** So many for each token. */
export function perToken(count: number): Growing {
  return new Growing(0, count, TOKENS);
}

/** The number as one that grows, if only by nothing. */
export function growing(argument: Argument): Growing {
  return typeof argument === "number" ? new Growing(argument, 0, ROW) : argument;
}
