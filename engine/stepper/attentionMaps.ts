import type { Operator } from "../backend/operators.ts";
import type { OpenStep } from "../execute/openStep.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** The maps of a step's queries over all keys up to the step's last, (H, T, S), of an attention operator that was executed. */
export function attentionMaps(
  open: OpenStep,
  attention: Operator & { readonly kind: "attention" },
  kind: "pattern" | "scores",
): Promise<HostArray> {
  return open.look(async (device, step) => {
    const { scale, window, nHeads, nKvHeads, dKey, q, k, selection, temperatures, mask } =
      attention;
    const { sinks } = attention;
    const [nRows = 0] = q.shape;
    const [context = 0] = k.shape;
    const scratch = new TensorGroup(device);
    try {
      const map = (name: string) => scratch.alloc(name, [nRows, nHeads, context], "f32");
      const out = map("scores");
      const program: Operator[] = [
        {
          kind: "attentionScores",
          ...{ scale, window, nHeads, nKvHeads, dKey, q, k, selection },
          temperatures,
          mask,
          out,
        },
      ];
      const pattern = kind === "pattern" ? map("pattern") : null;
      if (pattern !== null)
        program.push({
          kind: "softmax",
          x: out,
          sinks,
          out: pattern,
          lse: scratch.alloc("lse", [nRows, nHeads], "f32"),
        });
      device.backend.execute(program, step);
      const count = step.nTokens * nHeads * context;
      const rows = await device.backend.read(pattern ?? out, 0, count);
      return headsFirst(rows, step.nTokens, nHeads, context, step.start + step.nTokens);
    } finally {
      scratch.freeAll();
    }
  });
}

/** (T, H, context) to (H, T, S). */
function headsFirst(rows: HostArray, T: number, H: number, context: number, S: number): HostArray {
  const out = new (rows.constructor as new (length: number) => HostArray)(H * T * S);
  for (let t = 0; t < T; t++)
    for (let h = 0; h < H; h++) {
      const from = (t * H + h) * context;
      out.set(rows.subarray(from, from + S), (h * T + t) * S);
    }
  return out;
}
