import type { Run, RunParts } from "../look/run.ts";
import { layerOf } from "../model/layerOf.ts";
import { dot } from "../tensor/dot.ts";
import type { AttributionPart } from "../trace/schema.ts";
import { expertInputs, expertRows } from "./expertRows.ts";
import { weightRows } from "./weightRows.ts";

/** Sites whose rows a layer's parts are read from. */
export function partSites(run: Run, { state }: RunParts, layer: number): string[] {
  const block = `blocks.${layer}`;
  const { feedForward } = layerOf(state.device.spec, layer);
  const result = `${block}.attn.hook_result`;
  if (feedForward.kind === "dense") return [result, `${block}.hook_mlp_out`];
  const weights = `${block}.mlp.hook_expert_weights`;
  if (run.edits.length === 0) return [result, weights, ...expertInputs(layer)];
  return [
    ...[result, weights, `${block}.mlp.hook_expert_indices`, `${block}.mlp.hook_expert_out`],
    ...(feedForward.dShared > 0 ? [`${block}.mlp.hook_shared_out`] : []),
  ];
}

/** What a layer adds to the residual at a position, each part along the direction. */
export async function layerParts(
  run: Run,
  parts: RunParts,
  layer: number,
  token: number,
  direction: Float64Array,
): Promise<AttributionPart[]> {
  const { device } = parts.state;
  const { attention, feedForward } = layerOf(device.spec, layer);
  const block = `blocks.${layer}`;
  const read = async (site: string) => (await run.get(`${block}.${site}`, { token })).data;
  const along = (row: ArrayLike<number>, start = 0) =>
    dot(direction, 0, row, start, direction.length);
  const biasOf = async (name: string) =>
    along(await weightRows(device, `${block}.${name}`, 0, direction.length));
  const result = await read("attn.hook_result");
  const found: AttributionPart[] = Array.from({ length: attention.nHeads }, (_, index) => ({
    ...{ kind: "head", layer, index },
    value: along(result, index * direction.length),
  }));
  if (attention.kind === "gqa" && attention.outBias)
    found.push({ kind: "attentionBias", layer, index: null, value: await biasOf("attn.o.bias") });
  if (feedForward.kind === "dense") {
    const bias = feedForward.bias ? await biasOf("mlp.down.bias") : 0;
    const value = along(await read("hook_mlp_out")) - bias;
    found.push({ kind: "mlp", layer, index: null, value });
    if (feedForward.bias) found.push({ kind: "mlpBias", layer, index: null, value: bias });
    return found;
  }
  const [ids, weights] = [
    await read("mlp.hook_expert_indices"),
    await read("mlp.hook_expert_weights"),
  ];
  const { experts, shared } =
    run.edits.length === 0
      ? await expertRows(parts.state, layer, token)
      : {
          experts: await read("mlp.hook_expert_out"),
          shared: feedForward.dShared > 0 ? await read("mlp.hook_shared_out") : null,
        };
  ids.forEach((index, slot) => {
    if (index < 0) return; // an edit counts fewer
    const value = (weights[slot] as number) * along(experts, slot * direction.length);
    found.push({ kind: "expert", layer, index, value });
  });
  if (shared !== null)
    found.push({ kind: "sharedExpert", layer, index: null, value: along(shared) });
  return found;
}
