import type { DeviceTensor } from "../backend.ts";
import { rowSize } from "../checkOperator.ts";
import { expertIndexError, tokenIdError } from "../indexErrors.ts";
import type { Operator, OperatorKind } from "../operators.ts";
import type { CpuTensor } from "./cpuTensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Scratch } from "./scratch.ts";

/** Runs one operator whose addresses and sizes are already resolved. */
export type Runner = (nTokens: number, start: number) => void;

export interface PrepareContext {
  readonly kernels: Kernels;
  readonly scratch: Scratch;
  /** The backend's own tensor behind a handle. */
  own(tensor: DeviceTensor): CpuTensor;
  intAt(tensor: DeviceTensor, index: number): number;
}

type Preparers = {
  readonly [K in OperatorKind]: (
    operator: Extract<Operator, { kind: K }>,
    context: PrepareContext,
  ) => Runner;
};

/** Rows of x that the kernels pack at a time; see wasm/multiply.ts. */
const blockRows = 32;
const floatBytes = 4;
const pointerBytes = 4;

/** Scratch of one matrix product: an address per row of x and of out, and the packed rows. */
function productBytes(rows: number, k: number): number {
  return 2 * pointerBytes * rows + floatBytes * blockRows * k;
}

const flag = (condition: boolean): 0 | 1 => (condition ? 1 : 0);
const isBf16 = (tensor: DeviceTensor): 0 | 1 => flag(tensor.dtype === "bf16");

const preparers: Preparers = {
  embed(op, { kernels, own, intAt }) {
    const [ids, table, out] = [own(op.ids).address, own(op.table).address, own(op.out).address];
    const [bf16, nVocab, width] = [isBf16(op.table), op.table.shape[0] ?? 0, rowSize(op.table)];
    return (nTokens) => {
      const bad = kernels.embed(bf16, ids, table, out, nTokens, nVocab, width);
      if (bad >= 0) throw tokenIdError(intAt(op.ids, bad), bad, nVocab);
    };
  },

  rmsNorm(op, { kernels, own }) {
    const [x, weight, out] = [own(op.x).address, own(op.weight).address, own(op.out).address];
    const [bf16, n, one] = [isBf16(op.weight), rowSize(op.x), op.rows === "one"];
    return (nTokens) => kernels.rmsNorm(bf16, x, weight, op.eps, one ? 1 : nTokens, n, out);
  },

  matmul(op, { kernels, scratch, own }) {
    const [x, weight, out] = [own(op.x).address, own(op.weight).address, own(op.out).address];
    const bias = op.bias ? own(op.bias).address : 0;
    const residual = op.residual ? own(op.residual).address : 0;
    const bf16 = isBf16(op.weight);
    const biasBf16 = op.bias ? isBf16(op.bias) : 0;
    const [n, k, one] = [op.weight.shape[0] ?? 0, rowSize(op.weight), op.rows === "one"];
    return (nTokens) => {
      const rows = one ? 1 : nTokens;
      const space = scratch.reserve(productBytes(rows, k));
      kernels.matmul(bf16, x, weight, bias, biasBf16, residual, rows, n, k, out, space);
    };
  },

  rope(op, { kernels, own }) {
    const [x, out] = [own(op.x).address, own(op.out).address];
    const [cos, sin] = [own(op.cos).address, own(op.sin).address];
    const [, heads = 0, dHead = 0] = op.x.shape;
    const interleaved = flag(op.layout === "interleaved");
    return (nTokens, start) =>
      kernels.rope(interleaved, x, cos, sin, nTokens, start, heads, dHead, op.offset, op.dim, out);
  },

  writeRows(op, { kernels, own }) {
    const [x, cache] = [own(op.x).address, own(op.cache).address];
    const width = rowSize(op.cache);
    return (nTokens, start) =>
      kernels.copyHeads(x, width, 0, cache + floatBytes * start * width, width, nTokens, 1, width);
  },

  mlaLatent(op, { kernels, own }) {
    const [x, weight, out] = [own(op.x).address, own(op.weight), own(op.out).address];
    const [cos, sin] = [own(op.cos).address, own(op.sin).address];
    const [bf16, interleaved] = [isBf16(op.weight), flag(op.layout === "interleaved")];
    const dLatent = weight.length;
    const dRope = rowSize(op.x) - dLatent;
    return (nTokens, start) =>
      kernels.mlaLatent(
        bf16,
        interleaved,
        x,
        weight.address,
        op.eps,
        cos,
        sin,
        nTokens,
        start,
        dLatent,
        dRope,
        out,
      );
  },

  mlaAbsorbQuery(op, { kernels, scratch, own }) {
    const [q, weight, out] = [own(op.q).address, own(op.keyWeight).address, own(op.out).address];
    const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
    const bf16 = isBf16(op.keyWeight);
    const row = rowSize(op.q);
    const dQuery = row / heads;
    const dOut = rowSize(op.out) / heads;
    const [rotary, rotaryOut] = [q + floatBytes * dNope, out + floatBytes * dLatent];
    return (nTokens) => {
      const space = scratch.reserve(productBytes(nTokens, dNope));
      kernels.multiplyHeads(
        bf16,
        q,
        row,
        dQuery,
        weight,
        nTokens,
        heads,
        dLatent,
        dNope,
        out,
        dOut,
        space,
      );
      kernels.copyHeads(rotary, row, dQuery, rotaryOut, dOut, nTokens, heads, dQuery - dNope);
    };
  },

  mlaExpand(op, { kernels, scratch, own }) {
    const [cache, k, v] = [own(op.cache).address, own(op.k).address, own(op.v).address];
    const [keyWeight, valueWeight] = [own(op.keyWeight).address, own(op.valueWeight).address];
    const [keyBf16, valueBf16] = [isBf16(op.keyWeight), isBf16(op.valueWeight)];
    const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
    const dValue = op.valueWeight.shape[1] ?? 0;
    const width = rowSize(op.cache);
    const dRope = width - dLatent;
    const dKey = dNope + dRope;
    return (nTokens, start) => {
      const rows = start + nTokens;
      const space = scratch.reserve(productBytes(rows, dLatent));
      kernels.mlaExpandKeys(keyBf16, cache, width, keyWeight, rows, heads, dLatent, dNope, k, dKey);
      const [rotary, rotaryOut] = [cache + floatBytes * dLatent, k + floatBytes * dNope];
      kernels.copyHeads(rotary, width, 0, rotaryOut, dKey, rows, heads, dRope);
      kernels.multiplyHeads(
        valueBf16,
        cache,
        width,
        0,
        valueWeight,
        rows,
        heads,
        dValue,
        dLatent,
        v,
        dValue,
        space,
      );
    };
  },

  mlaValue(op, { kernels, scratch, own }) {
    const [u, weight, out] = [own(op.u).address, own(op.valueWeight).address, own(op.out).address];
    const [heads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
    const bf16 = isBf16(op.valueWeight);
    return (nTokens) => {
      const space = scratch.reserve(productBytes(nTokens, dLatent));
      kernels.multiplyHeads(
        bf16,
        u,
        heads * dLatent,
        dLatent,
        weight,
        nTokens,
        heads,
        dValue,
        dLatent,
        out,
        dValue,
        space,
      );
    };
  },

  attention(op, { kernels, scratch, own }) {
    const [q, k, out, lse] = [
      own(op.q).address,
      own(op.k).address,
      own(op.out).address,
      own(op.lse).address,
    ];
    const v = op.v ? own(op.v).address : k;
    const vHead = op.v ? op.dValue : op.dKey;
    const vRow = op.nKvHeads * vHead;
    const { nHeads, nKvHeads, dKey, dValue, scale } = op;
    const window = op.window ?? 0;
    return (nTokens, start) =>
      kernels.attention(
        q,
        k,
        v,
        vRow,
        vHead,
        nTokens,
        start,
        nHeads,
        nKvHeads,
        dKey,
        dValue,
        scale,
        window,
        out,
        lse,
        scratch.reserve(attentionBytes),
      );
  },

  add(op, { kernels, own }) {
    const [a, b, out] = [own(op.a).address, own(op.b).address, own(op.out).address];
    const width = rowSize(op.out);
    return (nTokens) => kernels.add(a, b, nTokens * width, out);
  },

  swiGlu(op, { kernels, own }) {
    const [gate, up, out] = [own(op.gate).address, own(op.up).address, own(op.out).address];
    const width = rowSize(op.out);
    return (nTokens) => kernels.swiGlu(gate, up, nTokens * width, out);
  },

  route(op, { kernels, scratch, own }) {
    const [logits, scores, biased] = [
      own(op.logits).address,
      own(op.scores).address,
      own(op.biased).address,
    ];
    const [indices, weights] = [own(op.indices).address, own(op.weights).address];
    const bias = op.bias ? own(op.bias).address : 0;
    const biasBf16 = op.bias ? isBf16(op.bias) : 0;
    const [sigmoid, byMax] = [flag(op.scoring === "sigmoid"), flag(op.groupScore === "max")];
    const normalize = flag(op.normalize);
    const { k, nGroups, nGroupsKept, scale } = op;
    const nExperts = rowSize(op.logits);
    return (nTokens) =>
      kernels.route(
        sigmoid,
        logits,
        bias,
        biasBf16,
        nTokens,
        nExperts,
        k,
        nGroups,
        nGroupsKept,
        byMax,
        normalize,
        scale,
        scores,
        biased,
        indices,
        weights,
        scratch.reserve((floatBytes + 1) * nExperts),
      );
  },

  expertsUp(op, { kernels, scratch, own, intAt }) {
    const [x, indices, out] = [own(op.x).address, own(op.indices).address, own(op.out).address];
    const [gate, up] = [own(op.gate).address, own(op.up).address];
    const [gateBf16, upBf16] = [isBf16(op.gate), isBf16(op.up)];
    const [nExperts = 0, dExpert = 0, dModel = 0] = op.gate.shape;
    const k = rowSize(op.indices);
    return (nTokens) => {
      const slots = nTokens * k;
      const sizeBytes = sortBytes(nExperts, slots) + productBytes(slots, dModel);
      const bad = kernels.expertsUp(
        gateBf16,
        upBf16,
        x,
        indices,
        gate,
        up,
        nTokens,
        k,
        nExperts,
        dModel,
        dExpert,
        out,
        scratch.reserve(sizeBytes + floatBytes * slots * dExpert),
      );
      if (bad >= 0) throw expertIndexError(op.kind, intAt(op.indices, bad), bad, nExperts);
    };
  },

  expertsDown(op, { kernels, scratch, own, intAt }) {
    const [h, indices, out] = [own(op.h).address, own(op.indices).address, own(op.out).address];
    const down = own(op.down).address;
    const bf16 = isBf16(op.down);
    const [nExperts = 0, dModel = 0, dExpert = 0] = op.down.shape;
    const k = rowSize(op.indices);
    return (nTokens) => {
      const slots = nTokens * k;
      const bad = kernels.expertsDown(
        bf16,
        h,
        indices,
        down,
        nTokens,
        k,
        nExperts,
        dModel,
        dExpert,
        out,
        scratch.reserve(sortBytes(nExperts, slots) + productBytes(slots, dExpert)),
      );
      if (bad >= 0) throw expertIndexError(op.kind, intAt(op.indices, bad), bad, nExperts);
    };
  },

  expertsCombine(op, { kernels, own }) {
    const [experts, weights, out] = [
      own(op.experts).address,
      own(op.weights).address,
      own(op.out).address,
    ];
    const shared = op.shared ? own(op.shared).address : 0;
    const [k, dModel] = [rowSize(op.weights), rowSize(op.out)];
    return (nTokens) => kernels.expertsCombine(experts, weights, shared, nTokens, k, dModel, out);
  },

  lastRow(op, { kernels, own }) {
    const [x, out] = [own(op.x).address, own(op.out).address];
    const width = rowSize(op.out);
    return (nTokens) =>
      kernels.copyHeads(x + floatBytes * (nTokens - 1) * width, width, 0, out, width, 1, 1, width);
  },

  attentionTile(op, { kernels, scratch, own }) {
    const [q, k, lse, out] = [
      own(op.q).address,
      own(op.k).address,
      own(op.lse).address,
      own(op.out).address,
    ];
    const pattern = flag(op.mode === "pattern");
    const byMax = flag(op.pool?.kind === "max");
    return () =>
      kernels.attentionTile(
        pattern,
        byMax,
        op.pool?.size ?? 1,
        q,
        k,
        lse,
        op.nHeads,
        op.nKvHeads,
        op.dKey,
        op.scale,
        op.window ?? 0,
        op.headStart,
        op.headCount,
        op.queryStart,
        op.queryCount,
        op.keyStart,
        op.keyCount,
        out,
        scratch.reserve(floatBytes * op.keyCount),
      );
  },

  projectHeads(op, { kernels, scratch, own }) {
    const [z, weight, out] = [own(op.z).address, own(op.outputWeight).address, own(op.out).address];
    const bf16 = isBf16(op.outputWeight);
    const [, heads = 0, dValue = 0] = op.z.shape;
    const dModel = op.outputWeight.shape[0] ?? 0;
    return (nTokens) => {
      const space = scratch.reserve(productBytes(nTokens, dValue));
      kernels.projectHeads(bf16, z, weight, nTokens, heads, dValue, dModel, out, space);
    };
  },
};

/** Scores of one block of keys; see wasm/attention.ts. */
const attentionBytes = floatBytes * 64;

function sortBytes(nExperts: number, slots: number): number {
  return pointerBytes * (nExperts + slots);
}

/** Resolves an operator's addresses, dtypes and sizes once, so that running it is a call into the kernels. */
export function prepare(operator: Operator, context: PrepareContext): Runner {
  const preparer = preparers[operator.kind] as (
    operator: Operator,
    context: PrepareContext,
  ) => Runner;
  return preparer(operator, context);
}
