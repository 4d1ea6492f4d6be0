import { ShapeError } from "../base/errors.ts";
import {
  checkAttention,
  checkAttentionScores,
  checkAttentionTile,
  checkEditMap,
  checkMixValues,
  checkSoftmax,
} from "./checkAttention.ts";
import type { KeptTensor } from "./checkCall.ts";
import type { DeviceTensor, Step } from "./deviceTensor.ts";
import { describe, FieldChecker } from "./fieldChecker.ts";
import type { Edit, ExpertsUp, IndexScores, Operator, OperatorKind, Route } from "./operators.ts";
import { isPacked } from "./packed.ts";
import { elementCount, rowSize } from "./tensorSize.ts";

export { elementCount, rowSize };

/** The largest step an operator's tensors can hold. */
export interface OperatorLimits {
  /** Largest T. */
  readonly maxTokens: number;
  /** Largest start + T. */
  readonly maxPosition: number;
}

/**
 * Checks an operator's tensors against its contract in operators.ts, once per operator, for every backend.
 * @returns what `checkStep` compares each step with
 * @throws ShapeError ERR_SHAPE or ERR_DTYPE naming the operator, the field, the contract and what came
 */
export function checkOperator(operator: Operator): OperatorLimits {
  const check = new FieldChecker(operator.kind);
  checkFields(operator, check);
  checkAliases(operator, check);
  checkWeights(operator, check);
  return { maxTokens: check.maxTokens, maxPosition: check.maxPosition };
}

/** @throws ShapeError ERR_STEP for numbers that make no step, whatever the program */
export function checkStepNumbers({ nTokens, start }: Step): void {
  if (Number.isInteger(nTokens) && nTokens >= 1 && Number.isInteger(start) && start >= 0) return;
  throw new ShapeError(
    "ERR_STEP",
    `execute: expected whole numbers nTokens >= 1 and start >= 0, got nTokens ${nTokens} and start ${start}. Leave out a step without tokens.`,
  );
}

/** @throws ShapeError ERR_STEP when the step does not fit the tensors of the operator */
export function checkStep(kind: string, limits: OperatorLimits, step: Step): void {
  if (step.nTokens > limits.maxTokens)
    throw new ShapeError(
      "ERR_STEP",
      `${kind}: expected 1 to ${limits.maxTokens} tokens in a step, got ${step.nTokens}. Split the step or allocate larger tensors.`,
    );
  if (step.start + step.nTokens > limits.maxPosition)
    throw new ShapeError(
      "ERR_STEP",
      `${kind}: expected positions below ${limits.maxPosition}, got start ${step.start} + ${step.nTokens} tokens. Shorten the prompt or allocate a longer cache.`,
    );
}

/** Fields that an operator writes; every other tensor is only read. */
const outputs: { readonly [K in OperatorKind]?: readonly string[] } = {
  writeRows: ["cache"],
  mlaExpand: ["k", "v"],
  attention: ["out", "lse"],
  route: ["scores", "biased", "indices", "weights"],
  selectKeys: ["indices"],
  softmax: ["out", "lse"],
};

/** The tensors of an operator by field. */
export function operatorTensors(op: Operator): (readonly [field: string, tensor: DeviceTensor])[] {
  return Object.entries(op).filter(([, value]) => isTensor(value));
}

/** Those that it writes. */
export function writtenTensors(op: Operator): DeviceTensor[] {
  const written = outputs[op.kind] ?? ["out"];
  return operatorTensors(op).flatMap(([field, tensor]) =>
    written.includes(field) ? [tensor] : [],
  );
}

/** A device may read and write in any order, so what is written must be a tensor of its own. */
function checkAliases(op: Operator, check: FieldChecker): void {
  const written = outputs[op.kind] ?? ["out"];
  const fields = operatorTensors(op);
  for (const name of written) {
    const tensor = fields.find(([field]) => field === name)?.[1];
    const twin = fields.find(([field, value]) => field !== name && value === tensor);
    check.that(!twin, name, `to be a tensor of its own`, `the tensor of ${twin?.[0]}`);
  }
}

/** Matrices that every backend reads packed; everything else is read one whole element at a time. */
const packable: { readonly [K in OperatorKind]?: readonly string[] } = {
  embed: ["table"],
  matmul: ["weight"],
  mlaExpand: ["valueWeight"],
  mlaValue: ["valueWeight"],
  expertsUp: ["gate", "up"],
  expertsDown: ["down"],
  projectHeads: ["outputWeight"],
};

/** Where tensors of allocWeight stand: f32, bf16 or f16, as a backend keeps them. */
const weightFields: { readonly [K in OperatorKind]?: readonly string[] } = {
  embed: ["table"],
  addPosition: ["table"],
  rmsNorm: ["weight"],
  layerNorm: ["weight", "bias"],
  matmul: ["weight", "bias"],
  mlaLatent: ["weight"],
  mlaAbsorbQuery: ["keyWeight"],
  mlaExpand: ["keyWeight", "valueWeight"],
  mlaValue: ["valueWeight"],
  attention: ["sinks"],
  softmax: ["sinks"],
  route: ["bias"],
  expertsUp: ["gate", "up", "gateBias", "upBias"],
  expertsDown: ["down", "bias"],
  projectHeads: ["outputWeight"],
};

function checkWeights(op: Operator, check: FieldChecker): void {
  for (const [field, tensor] of operatorTensors(op)) {
    const { weightDType = null } = tensor as Partial<KeptTensor>;
    if (weightDType === null) continue;
    if (!weightFields[op.kind]?.includes(field))
      throw new ShapeError(
        "ERR_DTYPE",
        `${op.kind}: expected ${field} to be a tensor of alloc, got the ${weightDType} weight "${tensor.label}". Weights stand only where the operator's contract names one.`,
      );
    if (isPacked(weightDType) && !packable[op.kind]?.includes(field))
      check.fail(field, "of whole elements", describe(tensor));
  }
}

function isTensor(value: unknown): value is DeviceTensor {
  return typeof value === "object" && value !== null && "shape" in value;
}

function checkFields(op: Operator, check: FieldChecker): void {
  switch (op.kind) {
    case "embed": {
      check.tokens("ids", op.ids, 1, true);
      check.dtype("table", op.table, false);
      check.tokens("out", op.out, rowSize(op.table));
      break;
    }
    case "rmsNorm": {
      const n = elementCount(op.weight);
      check.size("weight", op.weight, n);
      check.that(rowSize(op.x) % n === 0, "x", `with runs of ${n} elements`, describe(op.x));
      check.rows(op.rows, "x", op.x, rowSize(op.x));
      check.rows(op.rows, "out", op.out, rowSize(op.x));
      break;
    }
    case "layerNorm": {
      const n = elementCount(op.weight);
      check.size("weight", op.weight, n);
      check.size("bias", op.bias, n);
      check.rows(op.rows, "x", op.x, n);
      check.rows(op.rows, "out", op.out, n);
      break;
    }
    case "addPosition": {
      const { shift } = op;
      const isShift = Number.isInteger(shift) && shift >= 0 && shift < (op.table.shape[0] ?? 0);
      check.that(
        isShift,
        "shift",
        "a whole number from 0, below the positions of the table",
        shift,
      );
      check.positions("table", op.table, rowSize(op.out), shift);
      check.tokens("x", op.x, rowSize(op.out));
      check.tokens("out", op.out, rowSize(op.out));
      break;
    }
    case "clamp": {
      check.that(op.limit > 0, "limit", "above 0", op.limit);
      check.tokens("x", op.x, rowSize(op.out));
      check.tokens("out", op.out, rowSize(op.out));
      break;
    }
    case "gelu": {
      check.tokens("x", op.x, rowSize(op.out));
      check.tokens("out", op.out, rowSize(op.out));
      break;
    }
    case "matmul": {
      const n = op.weight.shape[0] ?? 0;
      check.row("weight", op.weight, rowSize(op.weight));
      check.rows(op.rows, "x", op.x, rowSize(op.weight));
      if (op.bias) check.size("bias", op.bias, n);
      if (op.residual) check.rows(op.rows, "residual", op.residual, n);
      check.rows(op.rows, "out", op.out, n);
      break;
    }
    case "rope": {
      const [, , dHead] = check.axes("x", op.x, 3);
      check.that(op.dim % 2 === 0, "dim", "even", op.dim);
      check.that(op.offset >= 0, "offset", "at least 0", op.offset);
      check.that(
        op.offset + op.dim <= dHead,
        "offset + dim",
        `at most ${dHead}`,
        op.offset + op.dim,
      );
      check.positions("cos", op.cos, op.dim / 2);
      check.positions("sin", op.sin, op.dim / 2);
      check.tokens("x", op.x, rowSize(op.x));
      check.tokens("out", op.out, rowSize(op.x));
      break;
    }
    case "writeRows": {
      check.tokens("x", op.x, rowSize(op.cache));
      check.positions("cache", op.cache, rowSize(op.cache));
      break;
    }
    case "mlaLatent": {
      const width = elementCount(op.weight) + 2 * rowSize(op.cos);
      check.dtype("weight", op.weight, false);
      check.positions("cos", op.cos, rowSize(op.cos));
      check.positions("sin", op.sin, rowSize(op.cos));
      check.tokens("x", op.x, width);
      check.tokens("out", op.out, width);
      break;
    }
    case "mlaAbsorbQuery": {
      const [nHeads, dLatent, dNope] = check.axes("keyWeight", op.keyWeight, 3);
      const dRope = rowSize(op.q) / nHeads - dNope;
      check.that(
        dRope >= 0,
        "q",
        `with at least ${nHeads} x ${dNope} elements a row`,
        describe(op.q),
      );
      check.tokens("q", op.q, nHeads * (dNope + Math.floor(dRope)));
      check.tokens("out", op.out, nHeads * (dLatent + dRope));
      break;
    }
    case "mlaExpand": {
      const [nHeads, dLatent, dNope] = check.axes("keyWeight", op.keyWeight, 3);
      const [, dValue] = check.axes("valueWeight", op.valueWeight, 3);
      const dRope = rowSize(op.cache) - dLatent;
      check.that(
        dRope >= 0,
        "cache",
        `with at least ${dLatent} elements a row`,
        describe(op.cache),
      );
      check.size("valueWeight", op.valueWeight, nHeads * dValue * dLatent);
      check.positions("cache", op.cache, dLatent + dRope);
      check.positions("k", op.k, nHeads * (dNope + dRope));
      check.positions("v", op.v, nHeads * dValue);
      break;
    }
    case "mlaValue": {
      const [nHeads, dValue, dLatent] = check.axes("valueWeight", op.valueWeight, 3);
      check.tokens("u", op.u, nHeads * dLatent);
      check.tokens("out", op.out, nHeads * dValue);
      break;
    }
    case "indexScores":
      checkIndexScores(op, check);
      break;
    case "selectKeys": {
      check.that(Number.isInteger(op.k) && op.k >= 1, "k", "a whole number from 1", op.k);
      check.maps("scores", op.scores);
      check.tokens("indices", op.indices, op.k, true);
      break;
    }
    case "attention":
      checkAttention(op, check);
      break;
    case "add": {
      check.tokens("a", op.a, rowSize(op.out));
      check.tokens("b", op.b, rowSize(op.out));
      check.tokens("out", op.out, rowSize(op.out));
      break;
    }
    case "swiGlu": {
      check.tokens("gate", op.gate, rowSize(op.out));
      check.tokens("up", op.up, rowSize(op.out));
      check.tokens("out", op.out, rowSize(op.out));
      break;
    }
    case "route":
      checkRoute(op, check);
      break;
    case "expertsUp":
      checkExpertsUp(op, check);
      break;
    case "expertsDown": {
      const [nExperts, dModel, dExpert] = check.axes("down", op.down, 3);
      if (op.bias) check.size("bias", op.bias, nExperts * dModel);
      check.tokens("indices", op.indices, rowSize(op.indices), true);
      check.tokens("h", op.h, rowSize(op.indices) * dExpert);
      check.tokens("out", op.out, rowSize(op.indices) * dModel);
      break;
    }
    case "expertsCombine": {
      const dModel = rowSize(op.out);
      check.tokens("weights", op.weights, rowSize(op.weights));
      check.tokens("experts", op.experts, rowSize(op.weights) * dModel);
      if (op.shared) check.tokens("shared", op.shared, dModel);
      check.tokens("out", op.out, dModel);
      break;
    }
    case "lastRow": {
      check.tokens("x", op.x, rowSize(op.out));
      check.rows("one", "out", op.out, rowSize(op.out));
      break;
    }
    case "tokenLogProbs": {
      check.tokens("logits", op.logits, rowSize(op.logits));
      check.tokens("ids", op.ids, 1, true);
      check.tokens("out", op.out, 1);
      break;
    }
    case "attentionTile":
      checkAttentionTile(op, check);
      break;
    case "projectHeads": {
      const [, nHeads, dValue] = check.axes("z", op.z, 3);
      check.row("outputWeight", op.outputWeight, nHeads * dValue);
      check.tokens("z", op.z, nHeads * dValue);
      check.tokens("out", op.out, nHeads * (op.outputWeight.shape[0] ?? 0));
      break;
    }
    case "edit":
      checkEdit(op, check);
      break;
    case "editMap":
      checkEditMap(op, check);
      break;
    case "attentionScores":
      checkAttentionScores(op, check);
      break;
    case "softmax":
      checkSoftmax(op, check);
      break;
    case "mixValues":
      checkMixValues(op, check);
      break;
  }
}

function checkIndexScores(op: IndexScores, check: FieldChecker): void {
  const [, nHeads, dHead] = check.axes("q", op.q, 3);
  check.tokens("q", op.q, nHeads * dHead);
  check.positions("k", op.k, dHead);
  check.tokens("weights", op.weights, nHeads);
  check.maps("out", op.out);
}

function checkExpertsUp(op: ExpertsUp, check: FieldChecker): void {
  const [nExperts, dExpert, dModel] = check.axes("gate", op.gate, 3);
  check.size("up", op.up, nExperts * dExpert * dModel);
  if (op.gateBias) check.size("gateBias", op.gateBias, nExperts * dExpert);
  if (op.upBias) check.size("upBias", op.upBias, nExperts * dExpert);
  check.tokens("x", op.x, dModel);
  check.tokens("indices", op.indices, rowSize(op.indices), true);
  check.tokens("out", op.out, rowSize(op.indices) * dExpert);
}

function checkRoute(op: Route, check: FieldChecker): void {
  const nExperts = rowSize(op.logits);
  const perGroup = nExperts / op.nGroups;
  check.that(Number.isInteger(perGroup), "nGroups", `a divisor of ${nExperts} experts`, op.nGroups);
  check.that(
    op.nGroupsKept >= 1 && op.nGroupsKept <= op.nGroups,
    "nGroupsKept",
    `from 1 to ${op.nGroups}`,
    op.nGroupsKept,
  );
  const available = op.nGroupsKept * perGroup;
  check.that(op.k >= 1 && op.k <= available, "k", `from 1 to ${available}`, op.k);
  check.tokens("logits", op.logits, nExperts);
  if (op.bias) check.size("bias", op.bias, nExperts);
  check.that(
    (op.adjust === null) === (op.adjustRows === null),
    "adjust",
    "and adjustRows both given or both null",
    `${op.adjust && describe(op.adjust)} and ${op.adjustRows && describe(op.adjustRows)}`,
  );
  if (op.adjust) check.row("adjust", op.adjust, nExperts);
  if (op.adjustRows) check.tokens("adjustRows", op.adjustRows, 1, true);
  if (op.counts) check.tokens("counts", op.counts, 1, true);
  check.tokens("scores", op.scores, nExperts);
  check.tokens("biased", op.biased, nExperts);
  check.tokens("indices", op.indices, op.k, true);
  check.tokens("weights", op.weights, op.k);
}

function checkEdit(op: Edit, check: FieldChecker): void {
  const { action, columnStart, columnCount, factor, values } = op;
  const width = rowSize(op.x);
  check.that(
    Number.isInteger(columnStart) && Number.isInteger(columnCount),
    "columns",
    "in whole numbers",
    `${columnStart} + ${columnCount}`,
  );
  check.inside("columns", columnStart, columnCount, width);
  check.editNumbers(action, factor, values);
  if (values) check.row("values", values, columnCount);
  check.tokens("x", op.x, width);
  check.tokens("rows", op.rows, 1, true);
  check.tokens("out", op.out, width);
}
