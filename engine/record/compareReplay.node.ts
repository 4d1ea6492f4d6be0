import { editedModel } from "../act/editedModel.ts";
import { absorbedQuery } from "../look/absorbedQuery.ts";
import { partsOf, type Run } from "../look/run.ts";
import type { RunModel } from "../look/runModel.ts";
import { onDevice, type RunState, specOf } from "../look/runState.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";
import { checkSameWeights } from "./checkSameModel.node.ts";
import { isComputed } from "./isComputed.ts";
import { planValues } from "./planValues.ts";
import type { RunRecordRead } from "./readRunRecord.node.ts";
import { readValue } from "./readValue.ts";
import { firstDifference } from "./sameBits.ts";
import { OWN } from "./tensorNames.ts";

/** The first number of a replay that is another one than the record's. */
export interface ReplayDifference {
  /** A site, a plan value that is none, or "tokens" for ids. */
  readonly site: string;
  /** Null outside of blocks. */
  readonly layer: number | null;
  /** Its position. */
  readonly token: number;
  /** Of the number within the token's row, flattened; 0 for ids. */
  readonly index: number;
  readonly recorded: number;
  readonly replayed: number;
}

/** What was compared before a difference was found, or in all. */
interface Compared {
  readonly compared: number;
  readonly difference: ReplayDifference | null;
}

/** Ids first, then tensors in the order of the forward pass, bit for bit. */
export async function compareReplay(
  read: RunRecordRead,
  run: Run,
  model: RunModel,
): Promise<Compared> {
  const ids = differentIds(read, run, model);
  if (ids !== null) return { compared: 0, difference: ids };
  checkSameWeights(read, run);
  let compared = 0;
  for (const { site, tensor, replayed, tokenOf } of comparisons(read, run)) {
    const recorded = await tensor();
    const difference = differenceOf(site, recorded, await replayed(), tokenOf);
    if (difference !== null) return { compared, difference };
    compared += 1;
  }
  return { compared, difference: null };
}

/** The prompt's text is encoded again; a generation's ids are those that came. */
function differentIds(
  { tokens, content }: RunRecordRead,
  run: Run,
  model: RunModel,
): ReplayDifference | null {
  const { prompt, sizes } = content;
  const recorded = tokens.map(({ id }) => id);
  const encoded =
    prompt.from === "text" && prompt.text !== null ? model.tokenizer.encode(prompt.text) : null;
  const replayed = run.tokens.map(({ id }) => id);
  const of = (expected: readonly number[], got: readonly number[]): ReplayDifference | null => {
    const token = expected.findIndex((id, i) => id !== got[i]);
    if (token < 0) return null;
    const [was = -1, is = -1] = [expected[token], got[token]];
    return { site: "tokens", layer: null, token, index: 0, recorded: was, replayed: is };
  };
  return (encoded && of(recorded.slice(0, sizes.n_prompt), encoded)) ?? of(recorded, replayed);
}

/** A tensor of the record, and how the replay's is read. */
interface Comparison {
  readonly site: string;
  readonly tensor: () => Promise<Tensor>;
  readonly replayed: () => Promise<HostArray>;
  /** Position of a row. */
  readonly tokenOf: (row: number) => number;
}

const itself = (row: number): number => row;

function comparisons(read: RunRecordRead, run: Run): Comparison[] {
  const { tensors } = read;
  const { state } = partsOf(run);
  const spec = specOf(state);
  const recorded = (name: string) => () => tensors.read(name);
  const planned = planValues(spec);
  const values = inForwardOrder(state).flatMap((name): Comparison[] => {
    const value = planned.get(name);
    if (value === undefined || !tensors.has(name)) return [];
    const site = siteOf(read, name);
    const replayed = async () => (await readValue(state, value, read.tokens.length)).data;
    return [{ site, tensor: recorded(name), replayed, tokenOf: itself }];
  });
  const maps = spec.layers.flatMap((_, layer): Comparison[] => {
    const tensor = recorded(OWN.absorbed(layer));
    if (!tensors.has(OWN.absorbed(layer))) return [];
    const site = `blocks.${layer}.attn.hook_rot_q`;
    const replayed = () => absorbed(state, layer, read.tokens.length);
    return [{ site, tensor, replayed, tokenOf: itself }];
  });
  const sites = read.catalog.flatMap((site): Comparison[] => {
    if (!isComputed(site) || !tensors.has(OWN.site(site.name))) return [];
    const token = [0, read.tokens.length] as const;
    const replayed = async () => (await run.get(site.name, { token })).data;
    const tensor = recorded(OWN.site(site.name));
    return [{ site: site.name, tensor, replayed, tokenOf: itself }];
  });
  return [...values, ...maps, ...sites, ...ofHead(read, state)];
}

/** The site with a plan value's numbers, or the value's own name. */
function siteOf({ catalog }: RunRecordRead, value: string): string {
  const site = catalog.find(
    ({ source }) => source.kind === "stored" && source.value === value && !source.columns,
  );
  return site?.name ?? value;
}

/** Rows of logits, and what they make of the tokens behind them. */
function ofHead({ tensors, tokens, positions }: RunRecordRead, state: RunState): Comparison[] {
  const logits = async () => {
    const rows = positions.map((position) => state.logits.get(position) as HostArray);
    const [first] = rows;
    if (first === undefined) return new Float32Array();
    const Numbers = first.constructor as new (length: number) => HostArray;
    const all = new Numbers(rows.length * first.length);
    rows.forEach((row, i) => {
      all.set(row, i * row.length);
    });
    return all;
  };
  const scored = [state.firstScored - 1, tokens.length - 1] as const;
  const logProbs = async () => {
    const { data } = await tensors.read(OWN.logProbs);
    const part = data.slice(...scored);
    return new Tensor(part, [part.length]);
  };
  return [
    {
      site: "hook_logits",
      tensor: () => tensors.read(OWN.logits),
      replayed: logits,
      tokenOf: (row) => positions[row] ?? row,
    },
    {
      site: "token_logprobs",
      tensor: logProbs,
      replayed: async () => state.logProbs.slice(...scored),
      tokenOf: (row) => scored[0] + row,
    },
  ];
}

/** Names of values as operators write them, caches where they are written, the draft module's last. */
function inForwardOrder(state: RunState): string[] {
  const spec = specOf(state);
  const names = editedModel(spec).plan.ops.flatMap(({ outputs, operator }) => [
    ...outputs,
    ...(operator.kind === "writeRows" ? [operator.cache.name] : []),
  ]);
  return [...new Set([...names, ...planValues(spec).keys()])];
}

async function absorbed(state: RunState, layer: number, nTokens: number): Promise<HostArray> {
  const attention = layerOf(specOf(state), layer).attention as MlaSpec;
  const { nHeads, kvLoraRank, dRope } = attention;
  return onDevice(state, () =>
    state.device.backend.read(
      absorbedQuery(state, attention, layer),
      0,
      nTokens * nHeads * (kvLoraRank + dRope),
    ),
  );
}

function differenceOf(
  site: string,
  { data, shape }: Tensor,
  replayed: HostArray,
  tokenOf: (row: number) => number,
): ReplayDifference | null {
  const at = firstDifference(data, replayed);
  if (at < 0) return null;
  const width = data.length / (shape[0] ?? 1);
  return {
    ...{ site, layer: layerIn(site), token: tokenOf(Math.floor(at / width)), index: at % width },
    ...{ recorded: data[at] ?? Number.NaN, replayed: replayed[at] ?? Number.NaN },
  };
}

function layerIn(site: string): number | null {
  const layer = /^blocks\.(\d+)\./.exec(site)?.[1];
  return layer === undefined ? null : Number(layer);
}
