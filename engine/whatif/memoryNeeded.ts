import { BYTES } from "../cost/operatorCost.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import { LOG_PROBS, LOGITS } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan } from "../plan/plan.ts";
import type { WhatIfMemory } from "../trace/schema.ts";
import type { PaperModel } from "./paperModel.ts";
import type { WeightStorage } from "./weightStorage.ts";
import type { Devices } from "./workTotal.ts";

interface Needed {
  readonly weightBytes: number;
  readonly kvBytesPerToken: number;
  readonly context: number;
  readonly batch: number;
  /** Tokens of the longest step of a prompt; 0 where there is none. */
  readonly promptRows: number;
  readonly floats: WeightStorage["floats"];
}

/** What must lie in memory at once, and whether it does. */
export function memoryNeeded(
  paper: PaperModel,
  needed: Needed,
  devices: Devices | null,
): WhatIfMemory {
  const { weightBytes, kvBytesPerToken, context, batch, promptRows } = needed;
  const { spec } = paper;
  const kvBytes = batch * context * kvBytesPerToken;
  const activationBytes = Math.max(
    stepBytes(paper, { ...needed, rows: batch, logits: batch }, attentionForm(spec, 1)),
    promptRows === 0
      ? 0
      : stepBytes(
          paper,
          { ...needed, rows: promptRows, logits: 1 },
          attentionForm(spec, promptRows, Math.max(promptRows, context)),
        ),
  );
  const totalBytes = weightBytes + kvBytes + activationBytes;
  const each = devices?.device.memoryBytes ?? null;
  const availableBytes = devices === null || each === null ? null : devices.count * each;
  return {
    weightBytes,
    kvBytes,
    activationBytes,
    totalBytes,
    availableBytes,
    fits: availableBytes === null ? null : totalBytes <= availableBytes,
    devicesNeeded: each === null ? null : Math.ceil(totalBytes / each),
    mostCachedTokens:
      availableBytes === null
        ? null
        : Math.max(
            0,
            Math.floor((availableBytes - weightBytes - activationBytes) / kvBytesPerToken),
          ),
  };
}

/** The residual, and the most that one operator reads and writes at once: less cannot be there. */
function stepBytes(
  paper: PaperModel,
  { rows, logits, context, floats }: Needed & { rows: number; logits: number },
  form: Plan["form"],
): number {
  const { ops, values } = paper.plan(form);
  const sizes = { rows, capacity: context };
  const bytesOf = (name: string): number => {
    const value = values.get(name);
    if (value === undefined || value.role !== "activation" || name === LOG_PROBS) return 0;
    const shape = concreteShape(value, name === LOGITS ? { ...sizes, rows: logits } : sizes);
    const count = shape.reduce((product, size) => product * size, 1);
    return count * (value.dtype === "i32" ? BYTES.i32 : BYTES[floats]);
  };
  const most = ops.reduce((largest, { inputs, outputs }) => {
    const together = [...new Set([...inputs, ...outputs])];
    return Math.max(
      largest,
      together.reduce((sum, name) => sum + bytesOf(name), 0),
    );
  }, 0);
  return most + rows * paper.spec.dModel * BYTES[floats];
}
