import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import { blockName } from "../plan/blockName.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { onDevice, type RunState, stored } from "./runState.ts";

/** What an MLA layer's heads would hold as keys (T, H, P+R) or values (T, H, V) if each kept its own. */
export function expandLatent(
  state: RunState,
  layer: number,
  which: "latentKey" | "latentValue" | "unrotatedLatentKey",
): Promise<HostArray> {
  return onDevice(state, async () => {
    const { backend, spec } = state.device;
    const attention = layerOf(spec, layer).attention as MlaSpec;
    const { nHeads, dNope, dRope, dValue } = attention;
    const { nTokens } = state;
    const name = `${blockName(spec, layer)}.attn`;
    const scratch = new TensorGroup(state.device);
    try {
      const k = scratch.alloc("k", [nTokens, nHeads, dNope + dRope], "f32");
      const v = scratch.alloc("v", [nTokens, nHeads, dValue], "f32");
      const program: Operator[] = [];
      let cache = stored(state, which === "unrotatedLatentKey" ? `${name}.kv_a` : `${name}.cache`);
      if (which === "unrotatedLatentKey") {
        const operator = normOnly(state, attention, layer, cache, scratch);
        backend.execute([operator], { nTokens, start: 0 });
        cache = operator.out;
        if (state.edits?.observed.has(`${name}.latent`))
          await copyLatent(state, stored(state, `${name}.cache`), cache, attention);
      }
      program.push({
        kind: "mlaExpand",
        cache,
        keyWeight: weight(state, `${name}.kv_b_key`),
        valueWeight: weight(state, `${name}.kv_b_value`),
        k,
        v,
      });
      backend.execute(program, { nTokens, start: 0 });
      return await backend.read(which === "latentValue" ? v : k);
    } finally {
      scratch.freeAll();
    }
  });
}

/** The compressed part of every row, as edits left it; the rotary part stays. */
async function copyLatent(
  { device: { backend }, nTokens }: RunState,
  from: DeviceTensor,
  to: DeviceTensor,
  { kvLoraRank, dRope }: MlaSpec,
): Promise<void> {
  const width = kvLoraRank + dRope;
  const [edited, rows] = await Promise.all([
    backend.read(from, 0, nTokens * width),
    backend.read(to, 0, nTokens * width),
  ]);
  for (let t = 0; t < nTokens; t++)
    rows.set(edited.subarray(t * width, t * width + kvLoraRank), t * width);
  backend.write(to, 0, rows);
}

/** The latent's norm with a rotation by zero. */
function normOnly(
  state: RunState,
  attention: MlaSpec,
  layer: number,
  x: DeviceTensor,
  scratch: TensorGroup,
) {
  const { nTokens, device } = state;
  const { kvLoraRank, dRope, latentNormEps } = attention;
  const table = (name: "cos" | "sin", value: number) => {
    const tensor = scratch.alloc(name, [nTokens, dRope / 2], "f32");
    device.backend.write(tensor, 0, new Float32Array((nTokens * dRope) / 2).fill(value));
    return tensor;
  };
  return {
    kind: "mlaLatent",
    layout: "half", // of nothing
    eps: latentNormEps,
    x,
    weight: weight(state, `${blockName(device.spec, layer)}.attn.kv_a_norm`),
    cos: table("cos", 1),
    sin: table("sin", 0),
    out: scratch.alloc("latent", [nTokens, kvLoraRank + dRope], "f32"),
  } as const;
}

export function weight(state: RunState, name: string): DeviceTensor {
  const tensor = state.device.weights.get(name);
  if (tensor === undefined) throw new Error(`the model has no weight ${name}`);
  return tensor;
}
