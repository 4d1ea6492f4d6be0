import { BackendError } from "../../base/errors.ts";
import { kernelsBase64, memoryFlagsAt } from "./kernels.generated.ts";

type Flag = 0 | 1;

/**
 * The exports of wasm/index.ts. Addresses are bytes, sizes are elements, an address of 0 stands for "none". A weight of
 * two or more axes is the address of its descriptor; a product writes the columns of panels [panelFrom, panelTo) of that weight, counted
 * through all heads where heads have matrices of their own, and what it writes does not depend on how they are split.
 */
export interface Kernels {
  heapBase(): number;
  readElements(weight: number, first: number, count: number, out: number): void;
  writeElements(weight: number, first: number, count: number, source: number): void;
  writeScales(weight: number, first: number, count: number, source: number): void;
  embed(
    table: number,
    ids: number,
    out: number,
    rows: number,
    vocab: number,
    width: number,
  ): number;
  rmsNorm(
    bf16: Flag,
    x: number,
    weight: number,
    eps: number,
    n: number,
    out: number,
    from: number,
    to: number,
  ): void;
  layerNorm(
    bf16: Flag,
    biasBf16: Flag,
    x: number,
    weight: number,
    bias: number,
    eps: number,
    n: number,
    out: number,
    from: number,
    to: number,
  ): void;
  addPosition(table: number, x: number, first: number, out: number, from: number, to: number): void;
  clamp(x: number, limit: number, out: number, from: number, to: number): void;
  gelu(x: number, out: number, from: number, to: number): void;
  indexScores(
    q: number,
    k: number,
    weights: number,
    start: number,
    heads: number,
    dHead: number,
    scale: number,
    width: number,
    out: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  selectKeys(
    scores: number,
    start: number,
    width: number,
    k: number,
    indices: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  matmul(
    weight: number,
    x: number,
    bias: number,
    biasBf16: Flag,
    residual: number,
    rows: number,
    out: number,
    panelFrom: number,
    panelTo: number,
    scratch: number,
  ): void;
  add(a: number, b: number, out: number, from: number, to: number): void;
  swiGlu(gate: number, up: number, out: number, from: number, to: number): void;
  rope(
    interleaved: Flag,
    x: number,
    cos: number,
    sin: number,
    start: number,
    heads: number,
    dHead: number,
    offset: number,
    dim: number,
    out: number,
    from: number,
    to: number,
  ): void;
  mlaLatent(
    bf16: Flag,
    interleaved: Flag,
    x: number,
    weight: number,
    eps: number,
    cos: number,
    sin: number,
    start: number,
    dLatent: number,
    dRope: number,
    out: number,
    from: number,
    to: number,
  ): void;
  multiplyHeads(
    weight: number,
    x: number,
    xRow: number,
    xHead: number,
    rows: number,
    heads: number,
    out: number,
    outHead: number,
    panelFrom: number,
    panelTo: number,
    scratch: number,
  ): void;
  copyHeads(
    x: number,
    xRow: number,
    xHead: number,
    out: number,
    outHead: number,
    heads: number,
    count: number,
    from: number,
    to: number,
  ): void;
  mlaExpandKeys(
    weight: number,
    cache: number,
    width: number,
    rows: number,
    heads: number,
    k: number,
    dKey: number,
    panelFrom: number,
    panelTo: number,
    scratch: number,
  ): void;
  projectHeads(
    weight: number,
    z: number,
    rows: number,
    heads: number,
    dValue: number,
    out: number,
    panelFrom: number,
    panelTo: number,
    scratch: number,
  ): void;
  attention(
    q: number,
    k: number,
    v: number,
    vRow: number,
    vHead: number,
    start: number,
    heads: number,
    kvHeads: number,
    dKey: number,
    dValue: number,
    scale: number,
    window: number,
    sinks: number,
    sinksBf16: Flag,
    temperatures: number,
    map: number,
    bits: number,
    words: number,
    out: number,
    lse: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  attentionOver(
    selection: number,
    k: number,
    q: number,
    keys: number,
    v: number,
    vRow: number,
    vHead: number,
    start: number,
    heads: number,
    kvHeads: number,
    dKey: number,
    dValue: number,
    scale: number,
    sinks: number,
    sinksBf16: Flag,
    temperatures: number,
    map: number,
    bits: number,
    words: number,
    out: number,
    lse: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  attentionScores(
    q: number,
    k: number,
    start: number,
    heads: number,
    kvHeads: number,
    dKey: number,
    scale: number,
    window: number,
    lse: number,
    selection: number,
    nSelected: number,
    temperatures: number,
    map: number,
    bits: number,
    words: number,
    width: number,
    out: number,
    from: number,
    to: number,
  ): void;
  softmaxRows(
    x: number,
    before: number,
    pattern: number,
    norms: number,
    sinks: number,
    sinksBf16: Flag,
    start: number,
    heads: number,
    width: number,
    out: number,
    lse: number,
    from: number,
    to: number,
  ): void;
  mixValues(
    pattern: number,
    before: number,
    z: number,
    values: number,
    start: number,
    heads: number,
    kvHeads: number,
    dRow: number,
    dValue: number,
    width: number,
    out: number,
    from: number,
    to: number,
  ): void;
  attentionTile(
    pattern: Flag,
    byMax: Flag,
    pool: number,
    q: number,
    k: number,
    lse: number,
    heads: number,
    kvHeads: number,
    dKey: number,
    scale: number,
    window: number,
    selection: number,
    nSelected: number,
    temperatures: number,
    map: number,
    bits: number,
    words: number,
    headStart: number,
    queryStart: number,
    queryCount: number,
    keyStart: number,
    keyCount: number,
    out: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  route(
    sigmoid: Flag,
    logits: number,
    bias: number,
    biasBf16: Flag,
    adjust: number,
    adjustMap: number,
    counts: number,
    n: number,
    k: number,
    groups: number,
    kept: number,
    byMax: Flag,
    normalize: Flag,
    scale: number,
    scores: number,
    biased: number,
    indices: number,
    weights: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
  expertsUp(
    gate: number,
    up: number,
    x: number,
    indices: number,
    gateBias: number,
    upBias: number,
    alpha: number,
    limit: number,
    rows: number,
    k: number,
    experts: number,
    out: number,
    panelFrom: number,
    panelTo: number,
    scratch: number,
  ): number;
  expertsDown(
    down: number,
    h: number,
    indices: number,
    bias: number,
    rows: number,
    k: number,
    experts: number,
    out: number,
    panelFrom: number,
    panelTo: number,
    scratch: number,
  ): number;
  edit(
    action: number,
    x: number,
    map: number,
    values: number,
    factor: number,
    rows: number,
    width: number,
    first: number,
    count: number,
    out: number,
  ): void;
  editMap(
    action: number,
    x: number,
    map: number,
    values: number,
    given: number,
    factor: number,
    rows: number,
    start: number,
    heads: number,
    width: number,
    firstHead: number,
    headCount: number,
    out: number,
  ): void;
  firstBeyond(values: number, count: number, limit: number): number;
  expertsCombine(
    experts: number,
    weights: number,
    shared: number,
    k: number,
    dModel: number,
    out: number,
    from: number,
    to: number,
  ): void;
  tokenLogProbs(
    logits: number,
    ids: number,
    n: number,
    out: number,
    from: number,
    to: number,
  ): void;
}

/** Kernels that can do a part of their work, a range, which is their last two arguments. */
type PlainRangeKernel =
  | "add"
  | "addPosition"
  | "attentionScores"
  | "clamp"
  | "copyHeads"
  | "expertsCombine"
  | "gelu"
  | "layerNorm"
  | "mixValues"
  | "mlaLatent"
  | "rmsNorm"
  | "rope"
  | "softmaxRows"
  | "swiGlu"
  | "tokenLogProbs";

/** Those whose scratch follows their range. */
export type ScratchKernel =
  | "attention"
  | "attentionOver"
  | "attentionTile"
  | "expertsDown"
  | "expertsUp"
  | "indexScores"
  | "matmul"
  | "mlaExpandKeys"
  | "multiplyHeads"
  | "projectHeads"
  | "route"
  | "selectKeys";

export type RangeKernel = PlainRangeKernel | ScratchKernel;

/** The arguments of a kernel before its range. */
export type LeadingArguments<K extends RangeKernel> = K extends ScratchKernel
  ? Parameters<Kernels[K]> extends [...infer Leading extends number[], number, number, number]
    ? Leading
    : never
  : Parameters<Kernels[K]> extends [...infer Leading extends number[], number, number]
    ? Leading
    : never;

/** An instance of the kernels on a memory, and what another thread needs to make one of its own. */
export interface Instance {
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly exports: WebAssembly.Exports;
}

/** By whether the memory is shared. */
const compiled = new Map<boolean, Promise<WebAssembly.Module>>();

function compile(isShared: boolean): Promise<WebAssembly.Module> {
  const known = compiled.get(isShared);
  if (known !== undefined) return known;
  const bytes = decodeBase64(kernelsBase64);
  if (isShared) bytes[memoryFlagsAt] = 3; // a maximum, and shared
  const module = WebAssembly.compile(bytes);
  compiled.set(isShared, module);
  return module;
}

/** Compiles the kernels once per process and kind of memory, and instantiates them on a memory. @throws BackendError ERR_WASM_SIMD */
export async function instantiateKernels(
  memory: WebAssembly.Memory,
  isShared: boolean,
): Promise<Instance> {
  try {
    const module = await compile(isShared);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    return { module, exports, kernels: exports as unknown as Kernels };
  } catch (cause) {
    throw new BackendError(
      "ERR_WASM_SIMD",
      `cpu: expected an engine with WebAssembly SIMD, got ${String(cause)}. Use Node 20 or a browser of 2021 or later.`,
      { cause },
    );
  }
}

function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
