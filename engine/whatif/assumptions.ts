import type { ModelSpec } from "../model/spec.ts";
import type { Devices } from "./workTotal.ts";

/** What a record takes for granted, in sentences. */
export function assumptions(
  { layers, mtp }: ModelSpec,
  chunkSize: number,
  devices: Devices | null,
): string[] {
  const isMoe = layers.some(({ feedForward }) => feedForward.kind === "moe");
  const said = [
    "Bytes are those of a perfect cache: each weight and each cached row once in a step. Activations are not counted.",
    `A prompt goes through the model ${chunkSize} tokens at a time and makes the logits of its last alone; then one token a step and sequence.`,
    "Sequences share weights and nothing else; their prompts are computed one after another.",
    "Caches hold every position, of layers with a window too.",
  ];
  if (isMoe)
    said.push(
      "Tokens are sent to every expert as often as to any other: T of them reach E (1 - (1 - k/E)^T).",
    );
  if (mtp !== null) said.push("The module that drafts tokens is neither loaded nor used.");
  if (devices === null) return said;
  said.push(
    "Times are the least: the longer of bytes at full bandwidth and FLOPs at full rate, with nothing between steps; only what a small model keeps in a processor's caches comes faster.",
    "FP8 weights are multiplied at the fp8 rate, f32 at the f32 rate, all others at the bf16 rate, packed ones at that of i16 where it is higher; a device without a rate takes the next wider.",
  );
  if (devices.count > 1)
    said.push(
      "Devices share weights, caches and work evenly; what they tell each other takes no time.",
    );
  return said;
}
