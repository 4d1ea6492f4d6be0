import type { Run, RunParts } from "../look/run.ts";
import { layerOf } from "../model/layerOf.ts";
import type { AttributionPart } from "../trace/schema.ts";
import { dot } from "./logitDirection.ts";
import { weightRows } from "./weightRows.ts";

/** Sites whose rows a layer's parts are read from. */
export function partSites({ state }: RunParts, layer: number): string[] {
  const block = `blocks.${layer}`;
  const { feedForward } = layerOf(state.device.spec, layer);
  if (feedForward.kind === "dense") return [`${block}.attn.hook_result`, `${block}.hook_mlp_out`];
  return [
    `${block}.attn.hook_result`,
    ...["indices", "weights", "out"].map((what) => `${block}.mlp.hook_expert_${what}`),
    ...(feedForward.dShared > 0 ? [`${block}.mlp.hook_shared_out`] : []),
  ];
}

/** What a layer adds to the residual at a position, each part along the direction. */
export async function layerParts(
  run: Run,
  { state: { device } }: RunParts,
  layer: number,
  token: number,
  direction: Float64Array,
): Promise<AttributionPart[]> {
  const { attention, feedForward } = layerOf(device.spec, layer);
  const block = `blocks.${layer}`;
  const read = async (site: string) => (await run.get(`${block}.${site}`, { token })).data;
  const biasOf = async (name: string) =>
    dot(direction, await weightRows(device, `${block}.${name}`, 0, direction.length));
  const result = await read("attn.hook_result");
  const parts: AttributionPart[] = Array.from({ length: attention.nHeads }, (_, index) => ({
    ...{ kind: "head", layer, index },
    value: dot(direction, result, index * direction.length),
  }));
  if (attention.kind === "gqa" && attention.outBias)
    parts.push({ kind: "attentionBias", layer, index: null, value: await biasOf("attn.o.bias") });
  if (feedForward.kind === "dense") {
    const bias = feedForward.bias ? await biasOf("mlp.down.bias") : 0;
    const value = dot(direction, await read("hook_mlp_out")) - bias;
    parts.push({ kind: "mlp", layer, index: null, value });
    if (feedForward.bias) parts.push({ kind: "mlpBias", layer, index: null, value: bias });
    return parts;
  }
  const [ids, weights] = [
    await read("mlp.hook_expert_indices"),
    await read("mlp.hook_expert_weights"),
  ];
  const outputs = await read("mlp.hook_expert_out");
  ids.forEach((index, slot) => {
    if (index < 0) return; // an edit counts fewer
    const value = (weights[slot] as number) * dot(direction, outputs, slot * direction.length);
    parts.push({ kind: "expert", layer, index, value });
  });
  if (feedForward.dShared > 0) {
    const value = dot(direction, await read("mlp.hook_shared_out"));
    parts.push({ kind: "sharedExpert", layer, index: null, value });
  }
  return parts;
}
