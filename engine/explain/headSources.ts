import type { ModelDevice } from "../execute/modelDevice.ts";
import type { Run } from "../look/run.ts";
import { layerOf } from "../model/layerOf.ts";
import { dot } from "../tensor/dot.ts";
import { weightRows } from "./weightRows.ts";

/** Numbers of an output projection that are on the host at once. */
const CHUNK_NUMBERS = 2 ** 22;

/**
 * What each head of a layer brings from each position up to that of its query, along the direction: its weight on the position times the
 * value there. Over positions they sum to the head's part.
 * @returns (H, token + 1)
 */
export async function headSources(
  run: Run,
  device: ModelDevice,
  layer: number,
  token: number,
  direction: Float64Array,
): Promise<Float64Array> {
  const name = `blocks.${layer}.attn`;
  const { nHeads } = layerOf(device.spec, layer).attention;
  const nSources = token + 1;
  const pattern = await run.get(`${name}.hook_pattern`, { query: token, key: [0, nSources] });
  const values = await run.get(`${name}.hook_v`, { token: [0, nSources] });
  const [, nKvHeads = 1, dValue = 0] = values.shape;
  const along = await throughOutput(device, `${name}.o`, nHeads * dValue, direction);
  const sources = new Float64Array(nHeads * nSources);
  for (let head = 0; head < nHeads; head++) {
    const own = along.subarray(head * dValue, (head + 1) * dValue);
    const group = Math.floor((head * nKvHeads) / nHeads);
    for (let source = 0; source < nSources; source++) {
      const weight = pattern.data[head * nSources + source] as number;
      if (weight === 0) continue;
      const value = dot(own, 0, values.data, (source * nKvHeads + group) * dValue, dValue);
      sources[head * nSources + source] = weight * value;
    }
  }
  return sources;
}

/** The direction as heads' outputs see it: its product with the output projection, (H V). */
async function throughOutput(
  device: ModelDevice,
  name: string,
  width: number,
  direction: Float64Array,
): Promise<Float64Array> {
  const sums = new Float64Array(width);
  const perChunk = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
  for (let first = 0; first < direction.length; first += perChunk) {
    const count = Math.min(perChunk, direction.length - first);
    const rows = await weightRows(device, name, first, count);
    for (let r = 0; r < count; r++) {
      const factor = direction[first + r] as number;
      for (let i = 0; i < width; i++)
        sums[i] = (sums[i] as number) + factor * (rows[r * width + i] as number);
    }
  }
  return sums;
}
