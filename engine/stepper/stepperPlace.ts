/** What ends a move: it went as far as it was told, met a breakpoint, or came to the end of what there is. */
export type StopReason = "moved" | "breakpoint" | "condition failed" | "end";

/** An operator of the step, in the order in which they are executed. */
export interface StepperOperator {
  readonly index: number;
  readonly kind: string;
  /** Null outside of the blocks. */
  readonly layer: number | null;
  /** Names of the plan's values that it reads and writes, with their shapes in this step. */
  readonly reads: readonly StepperValue[];
  readonly writes: readonly StepperValue[];
  /** Canonical names of weights. */
  readonly weights: readonly string[];
  /** Sites whose numbers are there once it was executed. */
  readonly sites: readonly string[];
}

export interface StepperValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Where a stepper stands. */
export interface StepperPlace {
  /** Positions [start, end) that go through the model in this step. */
  readonly start: number;
  readonly end: number;
  readonly phase: "prompt" | "generated";
  /** Operators executed of this step. */
  readonly executed: number;
  readonly of: number;
  /** The operator that was executed last; null at the beginning of a step. */
  readonly last: StepperOperator | null;
  /** The operator that comes next; null at the end of a step. */
  readonly next: StepperOperator | null;
}

/** Where a move ended, and why. */
export interface Stop extends StepperPlace {
  readonly reason: StopReason;
  /** The breakpoint that was met. */
  readonly breakpoint?: number;
  /** The token and the site that met it, where it asks for them. */
  readonly token?: StepperToken;
  readonly site?: string;
  /** What a condition threw. */
  readonly error?: unknown;
}

export interface StepperToken {
  readonly index: number;
  readonly id: number;
  readonly text: string;
}
