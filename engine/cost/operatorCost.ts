import type { DeviceDType, DeviceTensor, Step } from "../backend/deviceTensor.ts";
import type { Operator, OperatorKind } from "../backend/operators.ts";
import { metricsKeys } from "./metricsKeys.ts";

/** What the cost of an operator depends on: a DeviceTensor, or a tensor that only exists on paper. */
export interface TensorShape {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  /** Of one entry of the leading axis, where its numbers are not all of one dtype. */
  readonly rowBytes?: number;
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
export const BYTES: Readonly<Record<DeviceDType, number>> = {
  f32: 4,
  f64: 8,
  bf16: 2,
  f16: 2,
  i32: 4,
  f8e4m3: 1 + 4 / 128,
  mxfp4: 1 / 2 + 1 / 32,
  q8_0: 1 + 2 / 32,
  q4_0: 1 / 2 + 2 / 32,
  q4_k: 4 / 8 + 20 / 256,
  q5_k: 5 / 8 + 20 / 256,
  q6_k: 6 / 8 + 18 / 256,
};

const elements = (tensor: TensorShape): number => tensor.shape.reduce((a, b) => a * b, 1);
const bytes = ({ rowBytes, ...tensor }: TensorShape): number =>
  rowBytes === undefined
    ? elements(tensor) * BYTES[tensor.dtype]
    : (tensor.shape[0] ?? 1) * rowBytes;
const rowElements = (tensor: TensorShape): number => elements(tensor) / (tensor.shape[0] ?? 1);
/** Bytes of one entry of the leading axis. */
const rowBytes = (tensor: TensorShape): number => bytes(tensor) / (tensor.shape[0] ?? 1);

type Costs = {
  readonly [K in OperatorKind]: (
    op: Extract<CostedOperator, { readonly kind: K }>,
    step: Step,
    nTouchedExperts: number,
  ) => OperatorCost;
};

/** Of each kind, from its own shapes. */
const COSTS: Costs = {
  embed: (op, step) => ({ ...NOTHING, weightBytes: step.nTokens * rowBytes(op.table) }),
  addPosition: (op, step) => ({ ...NOTHING, weightBytes: step.nTokens * rowBytes(op.table) }),
  rmsNorm: (op) => ({
    ...NOTHING,
    [op.rows === "one" ? "flopsLastToken" : "flopsPerToken"]: 2 * rowElements(op.x),
    weightBytes: bytes(op.weight),
  }),
  layerNorm: (op) => ({
    ...NOTHING,
    [op.rows === "one" ? "flopsLastToken" : "flopsPerToken"]: 3 * rowElements(op.x),
    weightBytes: bytes(op.weight) + bytes(op.bias),
  }),
  clamp: () => NOTHING,
  matmul: (op) => {
    const flops = 2 * elements(op.weight) + (op.bias ? elements(op.bias) : 0);
    return {
      ...NOTHING,
      [op.rows === "one" ? "flopsLastToken" : "flopsPerToken"]: flops,
      weightBytes: bytes(op.weight) + (op.bias ? bytes(op.bias) : 0),
    };
  },
  rope: () => NOTHING,
  writeRows: (op, step) => ({ ...NOTHING, kvWriteBytes: step.nTokens * rowBytes(op.cache) }),
  mlaLatent: (op) => ({
    ...NOTHING,
    flopsPerToken: 2 * elements(op.weight),
    weightBytes: bytes(op.weight),
  }),
  mlaAbsorbQuery: (op) => ({
    ...NOTHING,
    flopsPerToken: 2 * elements(op.keyWeight),
    weightBytes: bytes(op.keyWeight),
  }),
  mlaExpand: (op, step) => ({
    ...NOTHING,
    flopsPerStep: 2 * keysOf(step) * (elements(op.keyWeight) + elements(op.valueWeight)),
    weightBytes: bytes(op.keyWeight) + bytes(op.valueWeight),
    kvReadBytes: keysOf(step) * rowBytes(op.cache),
    kvWriteBytes: keysOf(step) * (rowBytes(op.k) + rowBytes(op.v)),
  }),
  mlaValue: (op) => ({
    ...NOTHING,
    flopsPerToken: 2 * elements(op.valueWeight),
    weightBytes: bytes(op.valueWeight),
  }),
  indexScores: (op, step) => {
    const [, nHeads = 0, dHead = 0] = op.q.shape;
    return {
      ...NOTHING,
      flopsPerPair: nHeads * (2 * dHead + 3),
      kvReadBytes: keysOf(step) * rowBytes(op.k),
    };
  },
  selectKeys: () => NOTHING,
  attention: (op, step) => {
    const most = op.selection ? rowElements(op.selection) : op.window;
    return {
      ...NOTHING,
      flopsPerPair: 2 * op.nHeads * (op.dKey + op.dValue),
      window: most,
      weightBytes: op.sinks ? bytes(op.sinks) : 0,
      kvReadBytes: keysRead(op, step) * (rowBytes(op.k) + (op.v ? rowBytes(op.v) : 0)),
    };
  },
  add: () => NOTHING,
  spreadStreams: () => NOTHING,
  streamWeights: (op) => ({
    ...NOTHING,
    flopsPerToken: 2 * rowElements(op.x),
    weightBytes: bytes(op.base) + bytes(op.scale),
  }),
  readStreams: (op) => ({ ...NOTHING, flopsPerToken: 2 * rowElements(op.x) }),
  writeStreams: (op) => ({
    ...NOTHING,
    flopsPerToken: 2 * (rowElements(op.post) + 1) * rowElements(op.x),
  }),
  swiGlu: () => NOTHING,
  gelu: () => NOTHING,
  route: (op) => ({ ...NOTHING, weightBytes: op.bias ? bytes(op.bias) : 0 }),
  expertsUp: (op, _, nTouchedExperts) => {
    const share = nTouchedExperts / (op.gate.shape[0] ?? 1);
    return {
      ...NOTHING,
      flopsPerToken:
        chosen(op.indices) *
        (2 * expertElements(op.gate, op.up) + expertElements(op.gateBias, op.upBias)),
      weightBytes: share * [op.gate, op.up, op.gateBias, op.upBias].reduce(addBytes, 0),
    };
  },
  expertsDown: (op, _, nTouchedExperts) => ({
    ...NOTHING,
    flopsPerToken: chosen(op.indices) * (2 * expertElements(op.down) + expertElements(op.bias)),
    weightBytes:
      (nTouchedExperts / (op.down.shape[0] ?? 1)) * [op.down, op.bias].reduce(addBytes, 0),
  }),
  expertsCombine: () => NOTHING,
  lastRow: () => NOTHING,
  tokenLogProbs: () => NOTHING,
  attentionTile: (op) => ({
    ...NOTHING,
    flopsPerStep: 2 * op.headCount * queriesOfTile(op) * op.keyCount * op.dKey,
    kvReadBytes: op.keyCount * rowBytes(op.k),
  }),
  attentionMetrics: (op) => {
    const { selection, moments } = op;
    const nSelected = selection && rowElements(selection);
    const { pairs, rows } = metricsKeys({ ...op, nSelected, hasMoments: moments !== null });
    return {
      ...NOTHING,
      flopsPerStep: 2 * op.nHeads * op.dKey * pairs,
      kvReadBytes: rows * rowBytes(op.k),
    };
  },
  projectHeads: (op) => ({
    ...NOTHING,
    flopsPerToken: 2 * elements(op.outputWeight),
    weightBytes: bytes(op.outputWeight),
  }),
  edit: () => NOTHING,
  editMap: () => NOTHING,
  attentionScores: (op, step) => ({
    ...NOTHING,
    flopsPerPair: 2 * op.nHeads * op.dKey,
    window: op.selection ? rowElements(op.selection) : op.window,
    kvReadBytes: keysRead(op, step) * rowBytes(op.k),
  }),
  softmax: (op) => ({ ...NOTHING, weightBytes: op.sinks ? bytes(op.sinks) : 0 }),
  mixValues: (op, step) => ({
    ...NOTHING,
    flopsPerPair: 2 * op.nHeads * op.dValue,
    kvReadBytes: keysOf(step) * rowBytes(op.values),
  }),
};

/**
 * Cost of one operator, from its own shapes.
 * @param nTouchedExperts distinct experts the step's tokens were routed to; read by the expert operators alone
 */
export function operatorCost(
  op: CostedOperator,
  step: Step,
  nTouchedExperts: number,
): OperatorCost {
  const costs = COSTS[op.kind] as Costs[OperatorKind] as (
    op: CostedOperator,
    step: Step,
    nTouchedExperts: number,
  ) => OperatorCost;
  return costs(op, step, nTouchedExperts);
}

/** S: positions that a step reads. */
function keysOf({ start, nTokens }: Step): number {
  return start + nTokens;
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
  step: Step,
): number {
  const nKeys = keysOf(step);
  const { nTokens } = step;
  if (op.selection) return Math.min(nKeys, nTokens * rowElements(op.selection));
  return op.window === null ? nKeys : Math.min(nKeys, nTokens + op.window - 1);
}

/** Queries that a tile looks at: of each block every step-th. */
function queriesOfTile({ pool, queryCount }: CostedOperator & { kind: "attentionTile" }): number {
  const { size, step = 1 } = pool ?? { size: 1 };
  const rest = queryCount % size;
  return Math.floor(queryCount / size) * Math.ceil(size / step) + Math.ceil(rest / step);
}
