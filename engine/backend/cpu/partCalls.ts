import type { Step } from "../deviceTensor.ts";
import type { Allocator } from "./allocator.ts";
import type { Work } from "./pool/pool.ts";
import type { Call } from "./prepare/call.ts";
import {
  type Argument,
  END,
  growing,
  ROW,
  START,
  STEP_NUMBERS,
  TOKENS,
} from "./prepare/growing.ts";
import type { PreparedOperator } from "./prepare/prepare.ts";
import type { Scratch } from "./scratch.ts";

/** Kernels that `inParts` calls, by the numbers that wasm/parts.ts has for them: those of operators of one sequence. */
const PART_KERNELS: ReadonlyMap<string, number> = new Map(
  [
    "addPosition",
    "attention",
    "attentionOver",
    "attentionScores",
    "copyHeads",
    "indexScores",
    "mixValues",
    "mlaExpandKeys",
    "mlaLatent",
    "multiplyHeads",
    "rope",
    "selectKeys",
    "softmaxRows",
  ].map((name, number) => [name, number]),
);

/** What a kernel has to do, with the scratch that each thread needs for it. */
export type KernelWork = Work & { readonly scratchBytes?: number };

/** Where calls of several parts are made as one. */
export interface PartDevice {
  /** Calls a kernel over its range. */
  readonly call: (kernel: string, work: KernelWork, args: readonly number[]) => number;
  readonly allocator: Allocator;
  /** Memory for arguments, used by nothing else. */
  readonly tables: Scratch;
}

/**
 * The programs of several parts, operator by operator: the calls of one kernel that an operator makes for all of them are one call, over
 * the ranges of all parts, which threads share out as if they were one.
 */
export class PartPrograms {
  /** One for each operator. */
  readonly #stages: readonly ((steps: readonly Step[]) => void)[];
  /** `STEP_NUMBERS` of every part. */
  readonly #numbers: Float64Array;

  /** @param parts of each its operators; all have as many, of the same kinds */
  constructor(parts: readonly (readonly PreparedOperator[])[], device: PartDevice) {
    this.#numbers = new Float64Array(STEP_NUMBERS * parts.length);
    this.#stages = (parts[0] ?? []).map((_, i) => {
      const operators = parts.map((operators) => operators[i] as PreparedOperator);
      const joined = joinCalls(operators, device);
      if (joined === null) return (steps) => runEach(operators, steps);
      const hasChecks = operators.some(({ check }) => check !== null);
      return (steps) => {
        if (hasChecks) checkEach(operators, steps);
        for (const call of joined) call.make(this.#numbers, steps);
      };
    });
  }

  /** @param steps one for each part */
  run(steps: readonly Step[]): void {
    const numbers = this.#numbers;
    for (const [part, { nTokens, start, row = 0 }] of steps.entries()) {
      const at = STEP_NUMBERS * part;
      numbers[at + ROW] = row;
      numbers[at + START] = start;
      numbers[at + END] = start + nTokens;
      numbers[at + TOKENS] = nTokens;
    }
    for (const stage of this.#stages) stage(steps);
  }
}

function checkEach(operators: readonly PreparedOperator[], steps: readonly Step[]): void {
  for (const [part, { check }] of operators.entries()) {
    const { nTokens, start, row = 0 } = steps[part] as Step;
    check?.(nTokens, start, row);
  }
}

function runEach(operators: readonly PreparedOperator[], steps: readonly Step[]): void {
  for (const [part, { run }] of operators.entries()) {
    const { nTokens, start, row = 0 } = steps[part] as Step;
    run(nTokens, start, row);
  }
}

/** The calls of an operator, one of all parts in the place of each; null where they cannot be made so. */
function joinCalls(
  operators: readonly PreparedOperator[],
  device: PartDevice,
): JoinedCalls[] | null {
  const [first] = operators;
  if (operators.length === 1 || !first?.calls) return null;
  const joined: JoinedCalls[] = [];
  for (const [i, { kernel }] of first.calls.entries()) {
    const calls = operators.flatMap(({ calls }) => calls?.[i] ?? []);
    const isOne =
      calls.length === operators.length && calls.every((call) => call.kernel === kernel);
    if (!isOne || !PART_KERNELS.has(kernel)) return null;
    joined.push(new JoinedCalls(calls, device));
  }
  return joined;
}

/** Calls of one kernel, one of every part, with a table of their arguments, of which few change from step to step. */
class JoinedCalls {
  readonly #device: PartDevice;
  readonly #calls: readonly Call[];
  readonly #kernel: number;
  /** Elements of a part in the table: where its range ends, and the arguments. */
  readonly #stride: number;
  readonly #table: Float64Array;
  /** What a step writes: its place in the table, and how it grows with which number of which part. */
  readonly #places: Int32Array;
  readonly #bases: Float64Array;
  readonly #factors: Float64Array;
  readonly #sources: Int32Array;

  constructor(calls: readonly Call[], device: PartDevice) {
    const [{ kernel, args: first }] = calls as [Call];
    this.#device = device;
    this.#calls = calls;
    this.#kernel = PART_KERNELS.get(kernel) as number;
    this.#stride = 1 + first.length;
    this.#table = new Float64Array(this.#stride * calls.length);
    const places: number[] = [];
    const bases: number[] = [];
    const factors: number[] = [];
    const sources: number[] = [];
    for (const [part, { total, args }] of calls.entries())
      for (let i = 0; i < this.#stride; i++) {
        const argument = (i === 0 ? total : args[i - 1]) as Argument;
        const place = part * this.#stride + i;
        const isConstant = typeof argument === "number";
        if (isConstant) this.#table[place] = argument;
        if (isConstant && i > 0) continue;
        const { base, factor, by } = growing(argument);
        places.push(place);
        bases.push(base);
        factors.push(factor);
        sources.push(STEP_NUMBERS * part + by);
      }
    this.#places = Int32Array.from(places);
    this.#bases = Float64Array.from(bases);
    this.#factors = Float64Array.from(factors);
    this.#sources = Int32Array.from(sources);
  }

  /** @param numbers `STEP_NUMBERS` of every part */
  make(numbers: Float64Array, steps: readonly Step[]): void {
    const { call, allocator, tables } = this.#device;
    const table = this.#table;
    this.#fill(numbers);
    let [end, ns, scratchBytes] = [0, 0, 8];
    for (let part = 0; part < steps.length; part++) {
      const { nTokens, start } = steps[part] as Step;
      const { ns: nsOf, scratchBytes: bytesOf } = this.#calls[part] as Call;
      const at = part * this.#stride;
      end += table[at] as number;
      table[at] = end;
      ns += nsOf(nTokens, start);
      if (bytesOf !== null) scratchBytes = Math.max(scratchBytes, bytesOf(nTokens, start));
    }
    const address = tables.reserve(table.byteLength);
    allocator.doubles.set(table, address / 8);
    call("inParts", { total: end, ns, scratchBytes }, [this.#kernel, address, this.#stride]);
  }

  #fill(numbers: Float64Array): void {
    const [table, places, sources] = [this.#table, this.#places, this.#sources];
    const [bases, factors] = [this.#bases, this.#factors];
    for (let i = 0; i < places.length; i++)
      table[places[i] as number] =
        (bases[i] as number) + (factors[i] as number) * (numbers[sources[i] as number] as number);
  }
}
