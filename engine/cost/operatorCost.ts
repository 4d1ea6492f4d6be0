import type { DeviceDType, DeviceTensor, Step } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";

/** What the cost of an operator depends on: a DeviceTensor, or a tensor that only exists on paper. */
export interface TensorShape {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
}

type Shaped<O> = {
  readonly [K in keyof O]: O[K] extends DeviceTensor
    ? TensorShape
    : O[K] extends DeviceTensor | null
      ? TensorShape | null
      : O[K];
};
type EachShaped<O> = O extends Operator ? Shaped<O> : never;

/** An operator whose tensors need only a shape and a dtype. Every `Operator` is one. */
export type CostedOperator = EachShaped<Operator>;

/**
 * Work of one operator in one step. FLOPs count a multiplication and an addition as two, and 2 for every norm weight;
 * elementwise work (RoPE, SiLU, softmax, top-k, residual additions) is left out: it has no weights and stays below 1 %.
 * Bytes are what a perfect cache would move: each weight, each cached row once in a step.
 */
export interface OperatorCost {
  /** For every token of the step. */
  readonly flopsPerToken: number;
  /** For the step's last token alone, as the head is when only one row of logits is wanted. */
  readonly flopsLastToken: number;
  /** For the step as a whole, whatever its number of tokens. */
  readonly flopsPerStep: number;
  /** For each pair of a query and a key it sees. */
  readonly flopsPerPair: number;
  readonly window: number | null;
  readonly weightBytes: number;
  readonly kvReadBytes: number;
  readonly kvWriteBytes: number;
}

const NOTHING: OperatorCost = {
  flopsPerToken: 0,
  flopsLastToken: 0,
  flopsPerStep: 0,
  flopsPerPair: 0,
  window: null,
  weightBytes: 0,
  kvReadBytes: 0,
  kvWriteBytes: 0,
};

/** Of an element; of packed ones with its share of the group's scale. */
const BYTES: Readonly<Record<DeviceDType, number>> = {
  f32: 4,
  f64: 8,
  bf16: 2,
  f16: 2,
  i32: 4,
  f8e4m3: 1 + 4 / 128,
  mxfp4: 1 / 2 + 1 / 32,
  q8_0: 1 + 2 / 32,
  q4_0: 1 / 2 + 2 / 32,
};

const elements = (tensor: TensorShape): number => tensor.shape.reduce((a, b) => a * b, 1);
const bytes = (tensor: TensorShape): number => elements(tensor) * BYTES[tensor.dtype];
const rowElements = (tensor: TensorShape): number => elements(tensor) / (tensor.shape[0] ?? 1);
/** Bytes of one entry of the leading axis. */
const rowBytes = (tensor: TensorShape): number => bytes(tensor) / (tensor.shape[0] ?? 1);

/**
 * Cost of one operator, from its own shapes.
 * @param nTouchedExperts distinct experts the step's tokens were routed to; read by the expert operators alone
 */
export function operatorCost(
  op: CostedOperator,
  step: Step,
  nTouchedExperts: number,
): OperatorCost {
  const nKeys = step.start + step.nTokens; // S
  switch (op.kind) {
    case "embed":
      return { ...NOTHING, weightBytes: step.nTokens * rowBytes(op.table) };
    case "rmsNorm":
      return {
        ...NOTHING,
        [op.rows === "one" ? "flopsLastToken" : "flopsPerToken"]: 2 * rowElements(op.x),
        weightBytes: bytes(op.weight),
      };
    case "layerNorm":
      return {
        ...NOTHING,
        [op.rows === "one" ? "flopsLastToken" : "flopsPerToken"]: 3 * rowElements(op.x),
        weightBytes: bytes(op.weight) + bytes(op.bias),
      };
    case "addPosition":
      return { ...NOTHING, weightBytes: step.nTokens * rowBytes(op.table) };
    case "matmul": {
      const flops = 2 * elements(op.weight) + (op.bias ? elements(op.bias) : 0);
      return {
        ...NOTHING,
        [op.rows === "one" ? "flopsLastToken" : "flopsPerToken"]: flops,
        weightBytes: bytes(op.weight) + (op.bias ? bytes(op.bias) : 0),
      };
    }
    case "mlaLatent":
      return {
        ...NOTHING,
        flopsPerToken: 2 * elements(op.weight),
        weightBytes: bytes(op.weight),
      };
    case "writeRows":
      return { ...NOTHING, kvWriteBytes: step.nTokens * rowBytes(op.cache) };
    case "mlaAbsorbQuery":
      return {
        ...NOTHING,
        flopsPerToken: 2 * elements(op.keyWeight),
        weightBytes: bytes(op.keyWeight),
      };
    case "mlaValue":
      return {
        ...NOTHING,
        flopsPerToken: 2 * elements(op.valueWeight),
        weightBytes: bytes(op.valueWeight),
      };
    case "mlaExpand":
      return {
        ...NOTHING,
        flopsPerStep: 2 * nKeys * (elements(op.keyWeight) + elements(op.valueWeight)),
        weightBytes: bytes(op.keyWeight) + bytes(op.valueWeight),
        kvReadBytes: nKeys * rowBytes(op.cache),
        kvWriteBytes: nKeys * (rowBytes(op.k) + rowBytes(op.v)),
      };
    case "indexScores": {
      const [, nHeads = 0, dHead = 0] = op.q.shape;
      return {
        ...NOTHING,
        flopsPerPair: nHeads * (2 * dHead + 3),
        kvReadBytes: nKeys * rowBytes(op.k),
      };
    }
    case "attention": {
      const most = op.selection ? rowElements(op.selection) : op.window;
      return {
        ...NOTHING,
        flopsPerPair: 2 * op.nHeads * (op.dKey + op.dValue),
        window: most,
        weightBytes: op.sinks ? bytes(op.sinks) : 0,
        kvReadBytes: keysRead(op, step) * (rowBytes(op.k) + (op.v ? rowBytes(op.v) : 0)),
      };
    }
    case "attentionScores":
      return {
        ...NOTHING,
        flopsPerPair: 2 * op.nHeads * op.dKey,
        window: op.selection ? rowElements(op.selection) : op.window,
        kvReadBytes: keysRead(op, step) * rowBytes(op.k),
      };
    case "softmax":
      return { ...NOTHING, weightBytes: op.sinks ? bytes(op.sinks) : 0 };
    case "mixValues":
      return {
        ...NOTHING,
        flopsPerPair: 2 * op.nHeads * op.dValue,
        kvReadBytes: nKeys * rowBytes(op.values),
      };
    case "expertsUp": {
      const share = nTouchedExperts / (op.gate.shape[0] ?? 1);
      return {
        ...NOTHING,
        flopsPerToken:
          chosen(op.indices) *
          (2 * expertElements(op.gate, op.up) + expertElements(op.gateBias, op.upBias)),
        weightBytes: share * [op.gate, op.up, op.gateBias, op.upBias].reduce(addBytes, 0),
      };
    }
    case "expertsDown":
      return {
        ...NOTHING,
        flopsPerToken: chosen(op.indices) * (2 * expertElements(op.down) + expertElements(op.bias)),
        weightBytes:
          (nTouchedExperts / (op.down.shape[0] ?? 1)) * [op.down, op.bias].reduce(addBytes, 0),
      };
    case "route":
      return { ...NOTHING, weightBytes: op.bias ? bytes(op.bias) : 0 };
    case "projectHeads":
      return {
        ...NOTHING,
        flopsPerToken: 2 * elements(op.outputWeight),
        weightBytes: bytes(op.outputWeight),
      };
    case "attentionTile":
      return {
        ...NOTHING,
        flopsPerStep: 2 * op.headCount * op.queryCount * op.keyCount * op.dKey,
        kvReadBytes: op.keyCount * rowBytes(op.k),
      };
    case "rope":
    case "add":
    case "swiGlu":
    case "gelu":
    case "clamp":
    case "selectKeys":
    case "expertsCombine":
    case "lastRow":
    case "edit":
    case "editMap":
    case "tokenLogProbs":
      return NOTHING;
  }
}

/** k: experts chosen for one token, the last axis of (T, k). */
function chosen(indices: TensorShape): number {
  return indices.shape[indices.shape.length - 1] ?? 0;
}

/** Elements that one expert has of these stacks. */
function expertElements(...stacks: readonly (TensorShape | null)[]): number {
  return stacks.reduce((sum, stack) => sum + (stack ? rowElements(stack) : 0), 0);
}

function addBytes(sum: number, tensor: TensorShape | null): number {
  return sum + (tensor ? bytes(tensor) : 0);
}

/** Distinct cached rows that a step's queries may see. */
function keysRead(
  op: CostedOperator & { kind: "attention" | "attentionScores" },
  { start, nTokens }: Step,
): number {
  const nKeys = start + nTokens;
  if (op.selection) return Math.min(nKeys, nTokens * rowElements(op.selection));
  return op.window === null ? nKeys : Math.min(nKeys, nTokens + op.window - 1);
}
