import type { HyperConnectionsSpec, ModelSpec } from "../model/spec.ts";
import type { Ref } from "./plan.ts";
import type { PlanBuilder } from "./planBuilder.ts";
import { type PlanScope, project } from "./planScope.ts";

/** The two halves of a block, and what the value behind each is called. */
type Sublayer = "attn" | "mlp";
const BEHIND = { attn: "mid", mlp: "post" } as const;

/** The residual while a sublayer is written down: what that read of it, and what its output joins. */
export interface Residual {
  readonly sublayer: Sublayer;
  /** (T, M), of which the sublayer's norm is taken. */
  readonly read: Ref;
  /** Null: one stream, which is `read` itself. */
  readonly streams: Streams | null;
}

/** n streams (T, n, M), with the weights for writing into them. */
interface Streams {
  readonly x: Ref;
  readonly post: Ref; // (T, n)
  readonly comb: Ref; // (T, n, n)
}

/** The residual as it enters a block: spread to n streams where the block is the first that has n. */
export function enterBlock(scope: PlanScope, residual: Ref): Ref {
  const { b, spec, own, layer, name } = scope;
  const before = spec.layers[layer - 1]?.residual ?? null;
  if (own.residual.kind === "plain" || before?.kind === "hyperConnections") return residual;
  const out = b.value(`${name}.hook_streams_pre`, ["T", own.residual.nStreams, spec.dModel]);
  b.op(layer, { kind: "spreadStreams", x: residual, out });
  return out;
}

/** What a sublayer reads of the residual. */
export function readResidual(scope: PlanScope, residual: Ref, sublayer: Sublayer): Residual {
  const { own, layer } = scope;
  if (own.residual.kind === "plain") return { sublayer, read: residual, streams: null };
  const { nStreams: n } = own.residual;
  const name = `${scope.name}.${sublayer}_hc`;
  const post = scope.b.value(`${name}.hook_post`, ["T", n]);
  const comb = scope.b.value(`${name}.hook_comb`, ["T", n, n]);
  const read = readStreams(scope, own.residual, {
    layer,
    name,
    x: residual,
    write: { post, comb },
  });
  return { sublayer, read, streams: { x: residual, post, comb } };
}

/** The head's reading of the last layer's streams; a plain residual as it is. */
export function leaveBlocks(b: PlanBuilder, spec: ModelSpec, residual: Ref): Ref {
  const last = spec.layers.at(-1)?.residual;
  if (last === undefined || last.kind === "plain") return residual;
  return readStreams({ b, spec }, last, { layer: null, name: "hc_head", x: residual, write: null });
}

/** Weights of a hyper-connection from all streams of a token, and the streams mixed to one by them. arXiv:2512.24880 */
function readStreams(
  { b, spec }: Pick<PlanScope, "b" | "spec">,
  { nStreams: n, eps, sinkhornSteps }: HyperConnectionsSpec,
  {
    layer,
    name,
    x,
    write,
  }: {
    readonly layer: number | null;
    readonly name: string;
    readonly x: Ref;
    readonly write: Omit<Streams, "x"> | null;
  },
): Ref {
  const { dModel, normEps } = spec;
  const width = write === null ? n : (2 + n) * n;
  const logits = b.value(`${name}.logits`, ["T", width]);
  b.op(layer, {
    kind: "matmul",
    rows: "tokens",
    x,
    weight: b.weight(`${name}.fn`, width, n * dModel),
    bias: null,
    residual: null,
    out: logits,
  });
  const pre = b.value(`${name}.hook_pre`, ["T", n]);
  b.op(layer, {
    kind: "streamWeights",
    normEps,
    eps,
    sinkhornSteps,
    x,
    logits,
    base: b.weight(`${name}.base`, width),
    scale: b.weight(`${name}.scale`, write === null ? 1 : 3),
    pre,
    post: write?.post ?? null,
    comb: write?.comb ?? null,
  });
  const out = b.value(`${name}.hook_collapsed`, ["T", dModel]);
  b.op(layer, { kind: "readStreams", x, pre, out });
  return out;
}

/**
 * The sublayer's projection back to the residual; returns what that is then. To one stream it is one operator, or two when somebody
 * looks between them.
 */
export function projectToResidual(
  scope: PlanScope,
  x: Ref,
  residual: Residual,
  { weight, bias }: { readonly weight: Ref; readonly bias: Ref | null },
): Ref {
  const { b, layer, observed } = scope;
  const site = outputSite(scope, residual);
  if (residual.streams !== null || observed.has(site)) {
    const out = sublayerOutput(scope, residual);
    return addToResidual(scope, project(scope, x, { weight, bias, out }), residual);
  }
  const out = b.value(behind(scope, residual), ["T", scope.spec.dModel]);
  const { read } = residual;
  b.op(layer, { kind: "matmul", rows: "tokens", x, weight, bias, residual: read, out });
  return out;
}

/** Place for what a sublayer makes, (T, M). */
export function sublayerOutput(scope: PlanScope, residual: Residual): Ref {
  return scope.b.value(outputSite(scope, residual), ["T", scope.spec.dModel]);
}

/** The residual with what a sublayer made. */
export function addToResidual(scope: PlanScope, delta: Ref, residual: Residual): Ref {
  const { b, spec, own, layer } = scope;
  const { read, streams } = residual;
  if (streams === null || own.residual.kind === "plain") {
    const out = b.value(behind(scope, residual), ["T", spec.dModel]);
    b.op(layer, { kind: "add", a: delta, b: read, out });
    return out;
  }
  const out = b.value(behind(scope, residual), ["T", own.residual.nStreams, spec.dModel]);
  b.op(layer, { kind: "writeStreams", ...streams, delta, out });
  return out;
}

function outputSite({ name }: PlanScope, { sublayer }: Residual): string {
  return `${name}.hook_${sublayer}_out`;
}

function behind({ name, own }: PlanScope, { sublayer }: Residual): string {
  const what = own.residual.kind === "plain" ? "resid" : "streams";
  return `${name}.hook_${what}_${BEHIND[sublayer]}`;
}
