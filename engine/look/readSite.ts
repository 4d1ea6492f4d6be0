import { rowSize } from "../backend/checkOperator.ts";
import { InputError } from "../base/errors.ts";
import { joinRows } from "../execute/logitRows.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import type { Site } from "../plan/sites/site.ts";
import type { Range } from "../tensor/indexRange.ts";
import type { HostArray, Tensor } from "../tensor/tensor.ts";
import { attentionMap } from "./attentionMap.ts";
import { expandLatent } from "./expandLatent.ts";
import { headResult } from "./headResult.ts";
import { normScales } from "./normScales.ts";
import { rotatedQuery } from "./rotatedQuery.ts";
import { onDevice, type RunState, stored } from "./runState.ts";
import { checkPool, resolveSelection, type Selection } from "./selection.ts";
import { sliceTensor } from "./sliceTensor.ts";

/** Reads a site whose needs are stored. Rows that were not asked for stay on the device. */
export async function readSite(state: RunState, site: Site, selection: Selection): Promise<Tensor> {
  const shape = site.shape.map((axis) => (typeof axis === "number" ? axis : state.nTokens));
  const ranges = resolveSelection(site, shape, selection);
  const { source } = site;
  if (source.kind === "pattern" || source.kind === "scores")
    return readMap(state, site, source.layer, source.kind, ranges, selection);
  if (selection.pool)
    throw new InputError(
      "ERR_SELECTION",
      `${site.name}: expected no pool, got one of ${selection.pool.size}. Only attention maps are pooled; leave pool out.`,
    );
  const [tokens] = ranges;
  if (tokens === undefined) throw new Error(`${site.name} has no axes`);
  const rows = await readRows(state, site, tokens);
  const whole = { ...tokens, start: 0 };
  return sliceTensor(rows, shape.with(0, tokens.count), site.dims, ranges.with(0, whole));
}

async function readRows(state: RunState, site: Site, tokens: Range): Promise<HostArray> {
  const { source } = site;
  const size = site.shape
    .slice(1)
    .reduce<number>((n, axis) => n * (typeof axis === "number" ? axis : state.nTokens), 1);
  const cut = (all: HostArray) =>
    all.slice(tokens.start * size, (tokens.start + tokens.count) * size);
  switch (source.kind) {
    case "logits":
      return joinRows(
        Array.from({ length: tokens.count }, (_, i) => logitRow(state, tokens.start + i)),
        state.device.backend.info.name === "reference" ? "f64" : "f32",
        size,
      );
    case "stored":
      return readStored(state, source.value, source.columns ?? [0, size], tokens);
    case "rotatedQuery":
      return readRotatedQuery(state, source.layer, size, tokens);
    case "headResult":
      return headResult(state, source.layer, tokens);
    case "normScale": {
      const { spec } = state.device;
      return normScales(await readStored(state, source.value, [0, spec.dModel], tokens), spec);
    }
    case "latentKey":
    case "latentValue":
    case "unrotatedLatentKey":
      return cut(await expandLatent(state, source.layer, source.kind));
    default:
      throw new Error(`${site.name} is not read by rows`);
  }
}

function logitRow(state: RunState, position: number): HostArray {
  const row = state.logits.get(position);
  if (row === undefined) throw new Error(`the run has no logits of position ${position}`);
  return row;
}

function readRotatedQuery(
  state: RunState,
  layer: number,
  size: number,
  tokens: Range,
): Promise<HostArray> {
  return onDevice(state, async () => {
    const { backend, spec } = state.device;
    const scratch = new TensorGroup(state.device);
    try {
      const q = rotatedQuery(state, layerOf(spec, layer).attention as MlaSpec, layer, scratch);
      return await backend.read(q, tokens.start * size, tokens.count * size);
    } finally {
      scratch.freeAll();
    }
  });
}

function readStored(
  state: RunState,
  value: string,
  [first, count]: readonly [number, number],
  tokens: Range,
): Promise<HostArray> {
  return onDevice(state, async () => {
    const tensor = stored(state, value);
    const size = rowSize(tensor);
    const rows = await state.device.backend.read(tensor, tokens.start * size, tokens.count * size);
    if (count === size) return rows;
    const columns = { start: first, count, single: false };
    const all = { start: 0, count: tokens.count, single: false };
    return sliceTensor(rows, [tokens.count, size], ["T", "C"], [all, columns]).data;
  });
}

async function readMap(
  state: RunState,
  site: Site,
  layer: number,
  mode: "pattern" | "scores",
  [heads, queries, keys]: readonly Range[],
  selection: Selection,
): Promise<Tensor> {
  if (heads === undefined || queries === undefined || keys === undefined)
    throw new Error(`${site.name} is not a map`);
  const pool = selection.pool && checkPool(site.name, selection.pool);
  const data = await attentionMap(state, { layer, mode, heads, queries, keys, pool: pool ?? null });
  const size = pool?.size ?? 1;
  const shape = [heads.count, Math.ceil(queries.count / size), Math.ceil(keys.count / size)];
  const whole = [heads, queries, keys].map(({ single }, axis) => ({
    start: 0,
    count: shape[axis] ?? 0,
    single,
  }));
  return sliceTensor(data, shape, site.dims, whole);
}
