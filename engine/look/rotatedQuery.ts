import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { TensorGroup } from "../execute/tensorGroup.ts";
import { ropeOf } from "../model/layerOf.ts";
import { ropeTables } from "../model/rope.ts";
import type { MlaSpec } from "../model/spec.ts";
import { attentionQuery } from "../plan/attentionQuery.ts";
import { blockName } from "../plan/blockName.ts";
import { weight } from "./expandLatent.ts";
import { type RunState, stored } from "./runState.ts";

/**
 * An MLA layer's queries after RoPE, (T, H, P+R): kept, or rebuilt from the compressed ones by the operators that made them,
 * which gives the same bits.
 * @param scratch owns what is rebuilt, under the name `q`
 */
export function rotatedQuery(
  state: RunState,
  attention: MlaSpec,
  layer: number,
  scratch: TensorGroup,
): DeviceTensor {
  const { device, nTokens } = state;
  const { backend, spec } = device;
  const name = `${blockName(spec, layer)}.attn`;
  const kept = attentionQuery(spec, layer, state.edits?.observed);
  if (kept !== `${name}.hook_q_latent`) return stored(state, kept);
  const { nHeads, dNope, dRope } = attention;
  const shape = [nTokens, nHeads, dNope + dRope];
  const rope = ropeOf(spec, layer);
  if (rope === null) throw new Error(`${name} does not rotate`);
  const tables = ropeTables(rope, nTokens, nPromptOf(state), state.edits?.changes.shift);
  const [cos, sin] = (["cos", "sin"] as const).map((which) => {
    const table = scratch.alloc(`q.${which}`, [nTokens, dRope / 2], "f32");
    const data = tables[which];
    backend.write(table, 0, table.dtype === "f64" ? data : Float32Array.from(data));
    return table;
  }) as [DeviceTensor, DeviceTensor];
  const x = stored(state, `${name}.hook_q_latent`);
  const unrotated = scratch.alloc("q.unrotated", shape, "f32");
  const out = scratch.alloc("q", shape, "f32");
  backend.execute(
    [
      {
        kind: "matmul",
        rows: "tokens",
        x,
        weight: weight(state, `${name}.q_b`),
        bias: null,
        residual: null,
        out: unrotated,
      },
      {
        kind: "rope",
        layout: rope.layout,
        offset: dNope,
        dim: dRope,
        x: unrotated,
        cos,
        sin,
        out,
      },
    ],
    { nTokens, start: 0 },
  );
  for (const part of ["q.cos", "q.sin", "q.unrotated"]) scratch.free(part);
  return out;
}

/** Tokens that entered together; dynamic rotary scaling goes by their number. */
export function nPromptOf({ steps }: Pick<RunState, "steps">): number {
  return steps
    .filter(({ phase }) => phase === "prefill")
    .reduce((sum, step) => sum + step.nTokens, 0);
}
