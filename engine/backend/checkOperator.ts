import { ShapeError } from "../base/errors.ts";
import type { ProgramPart } from "./backend.ts";
import type { KeptTensor } from "./checkCall.ts";
import type { DeviceTensor, Step } from "./deviceTensor.ts";
import { describe, FieldChecker } from "./fieldChecker.ts";
import type { Operator } from "./operators.ts";
import { contractOf } from "./operatorTable.ts";
import { isPacked } from "./packed.ts";
import { elementCount, rowSize } from "./tensorSize.ts";

export { elementCount, rowSize };

/** The largest step an operator's tensors can hold. */
export interface OperatorLimits {
  /** Largest row + T. */
  readonly maxTokens: number;
  /** Largest start + T. */
  readonly maxPosition: number;
  /** The tensors with a token axis. */
  readonly tokenTensors: ReadonlySet<DeviceTensor>;
}

/**
 * Checks an operator's tensors against its contract in operators.ts, once per operator, for every backend.
 * @returns what `checkStep` compares each step with
 * @throws ShapeError ERR_SHAPE or ERR_DTYPE naming the operator, the field, the contract and what came
 */
export function checkOperator(operator: Operator): OperatorLimits {
  const check = new FieldChecker(operator.kind);
  contractOf(operator.kind).check(operator, check);
  checkAliases(operator, check);
  checkWeights(operator, check);
  const { maxTokens, maxPosition, tokenTensors } = check;
  return { maxTokens, maxPosition, tokenTensors };
}

/** @throws ShapeError ERR_STEP for numbers that make no step, whatever the program */
export function checkStepNumbers({ nTokens, start, row = 0 }: Step): void {
  if (isCount(nTokens) && nTokens >= 1 && isCount(start) && isCount(row)) return;
  throw new ShapeError(
    "ERR_STEP",
    `execute: expected whole numbers nTokens >= 1, start >= 0 and row >= 0, got nTokens ${nTokens}, start ${start} and row ${row}. Leave out a step without tokens.`,
  );
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** @throws ShapeError ERR_STEP when the step does not fit the tensors of the operator */
export function checkStep(kind: string, limits: OperatorLimits, step: Step): void {
  const { row = 0 } = step;
  if (row + step.nTokens > limits.maxTokens)
    throw new ShapeError(
      "ERR_STEP",
      row === 0
        ? `${kind}: expected 1 to ${limits.maxTokens} tokens in a step, got ${step.nTokens}. Split the step or allocate larger tensors.`
        : `${kind}: expected rows below ${limits.maxTokens}, got row ${row} + ${step.nTokens} tokens. Split the step or allocate larger tensors.`,
    );
  if (step.start + step.nTokens > limits.maxPosition)
    throw new ShapeError(
      "ERR_STEP",
      `${kind}: expected positions below ${limits.maxPosition}, got start ${step.start} + ${step.nTokens} tokens. Shorten the prompt or allocate a longer cache.`,
    );
}

/** @throws ShapeError ERR_SHAPE unless all parts have operators of the same kinds */
export function checkParts(parts: readonly ProgramPart[]): void {
  const [first] = parts;
  if (first === undefined) return;
  for (const { program } of parts) {
    const length = Math.max(program.length, first.program.length);
    for (let i = 0; i < length; i++) {
      const [wanted, got] = [first.program[i]?.kind, program[i]?.kind];
      if (got === wanted) continue;
      throw new ShapeError(
        "ERR_SHAPE",
        `executeParts: expected the same kinds of operators in every part, got ${got ?? "none"} beside ${wanted ?? "none"} at ${i}. Execute programs that differ one after the other.`,
      );
    }
  }
}

/** The tensors of an operator by field. */
export function operatorTensors(op: Operator): (readonly [field: string, tensor: DeviceTensor])[] {
  return Object.entries(op).filter(([, value]) => isTensor(value));
}

/** Those that it writes. */
export function writtenTensors(op: Operator): DeviceTensor[] {
  const { writes: written } = contractOf(op.kind);
  return operatorTensors(op).flatMap(([field, tensor]) =>
    written.includes(field) ? [tensor] : [],
  );
}

/** A device may read and write in any order, so what is written must be a tensor of its own. */
function checkAliases(op: Operator, check: FieldChecker): void {
  const { writes: written } = contractOf(op.kind);
  const fields = operatorTensors(op);
  for (const name of written) {
    const tensor = fields.find(([field]) => field === name)?.[1];
    const twin = fields.find(([field, value]) => field !== name && value === tensor);
    check.that(!twin, name, `to be a tensor of its own`, `the tensor of ${twin?.[0]}`);
  }
}

function checkWeights(op: Operator, check: FieldChecker): void {
  for (const [field, tensor] of operatorTensors(op)) {
    const { weightDType = null } = tensor as Partial<KeptTensor>;
    if (weightDType === null) continue;
    const kept = contractOf(op.kind).weights[field];
    if (kept === undefined)
      throw new ShapeError(
        "ERR_DTYPE",
        `${op.kind}: expected ${field} to be a tensor of alloc, got the ${weightDType} weight "${tensor.label}". Weights stand only where the operator's contract names one.`,
      );
    if (isPacked(weightDType) && kept !== "packable")
      check.fail(field, "of whole elements", describe(tensor));
  }
}

function isTensor(value: unknown): value is DeviceTensor {
  return typeof value === "object" && value !== null && "shape" in value;
}
