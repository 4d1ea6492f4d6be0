import type { GluActivation } from "../../backend/operators.ts";
import { sigmoid } from "../../backend/reference/math.ts";

/** The derivatives of what a gated linear unit makes of a gate and an up projection, with respect to each. */
export function gluGradient(activation: GluActivation, gate: number, up: number): [number, number] {
  if (activation.kind === "silu") {
    const s = sigmoid(gate);
    return [up * s * (1 + gate * (1 - s)), gate * s];
  }
  const { alpha, limit } = activation;
  const g = Math.min(gate, limit);
  const u = Math.min(Math.max(up, -limit), limit);
  const s = sigmoid(alpha * g);
  const ofGate = (u + 1) * s * (1 + alpha * g * (1 - s));
  return [gate <= limit ? ofGate : 0, up >= -limit && up <= limit ? g * s : 0];
}
