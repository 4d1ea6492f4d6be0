import { rowSize } from "../../checkOperator.ts";
import type { ExpertsUp, GluActivation } from "../../operators.ts";
import { type Kernel, reads } from "../kernel.ts";
import { EXP, SILU } from "../wgsl/math.ts";
import type { CompileTarget } from "./compileTarget.ts";
import { expertProducts } from "./expertProducts.ts";

/** out[t,j] = activation of both products of expert indices[t,j], which is read on the device. */
export function compileExpertsUp(op: ExpertsUp, on: CompileTarget): readonly Kernel[] {
  const [, n = 0, k = 0] = op.gate.shape;
  const gate = op.gateBias ? "value + gateBias(at)" : "value";
  const up = op.upBias ? "value1 + upBias(at)" : "value1";
  return expertProducts(
    {
      label: `expertsUp ${op.activation.kind}`,
      slots: rowSize(op.indices),
      k,
      n,
      x: op.x,
      xPerSlot: false,
      indices: op.indices,
      weights: [op.gate, op.up],
      out: op.out,
      inputs: [
        ...(op.gateBias ? [reads("gateBias", op.gateBias)] : []),
        ...(op.upBias ? [reads("upBias", op.upBias)] : []),
      ],
      functions: EXP + SILU + glu(op.activation),
      epilogue: `glu(${gate}, ${up})`,
    },
    on,
  );
}

function glu(activation: GluActivation): string {
  if (activation.kind === "silu")
    return `
fn glu(gate: f32, up: f32) -> f32 { return silu(gate) * up; }`;
  const { alpha, limit } = activation;
  return `
fn glu(gate: f32, up: f32) -> f32 {
  let g = min(gate, ${limit});
  return g / (1.0 + expF32(-${alpha} * g)) * (clamp(up, -${limit}, ${limit}) + 1.0);
}`;
}
