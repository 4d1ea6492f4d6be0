import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import type { OpenStep } from "../execute/openStep.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { HostArray } from "../tensor/tensor.ts";

type Attention = Operator & { readonly kind: "attention" };

/**
 * The maps of a step's queries over all keys up to the step's last, (H, T, S), with the bits that tiles of a run have.
 * @param index of the attention operator, which was executed
 */
export function attentionMaps(
  open: OpenStep,
  index: number,
  kind: "pattern" | "scores",
): Promise<HostArray> {
  const attention = open.operator(index);
  if (attention?.kind !== "attention") throw new Error(`operator ${index} is not attention`);
  return open.look(async (device, step) => {
    const { scale, window, nHeads, lse, selection, temperatures, mask } = attention;
    const scratch = new TensorGroup(device);
    try {
      const program: Operator[] = [];
      const keyed = latentForm(open, index, attention, scratch, program);
      const [nRows = 0] = attention.q.shape;
      const [context = 0] = keyed.k.shape;
      const out = scratch.alloc("map", [nRows, nHeads, context], "f32");
      program.push({
        ...{
          kind: "attentionScores",
          scale,
          window,
          nHeads,
          ...keyed,
          selection,
          temperatures,
          mask,
        },
        lse: kind === "pattern" ? lse : null,
        out,
      });
      device.backend.execute(program, step);
      const rows = await device.backend.read(out, 0, step.nTokens * nHeads * context);
      return headsFirst(rows, step.nTokens, nHeads, step.start + step.nTokens);
    } finally {
      scratch.freeAll();
    }
  });
}

/** Queries and keys as tiles read them: of latent attention in latent space, whichever form the step has. */
function latentForm(
  open: OpenStep,
  index: number,
  { q, k, nHeads, nKvHeads, dKey }: Attention,
  scratch: TensorGroup,
  program: Operator[],
): { readonly q: DeviceTensor; readonly k: DeviceTensor; nKvHeads: number; dKey: number } {
  const before = open.operator(index - 1);
  if (before?.kind !== "mlaExpand") return { q, k, nKvHeads, dKey };
  const { cache, keyWeight } = before;
  const [, width = 0] = cache.shape;
  const out = scratch.alloc("q", [q.shape[0] ?? 0, nHeads, width], "f32");
  program.push({ kind: "mlaAbsorbQuery", q, keyWeight, out });
  return { q: out, k: cache, nKvHeads: 1, dKey: width };
}

/** (T, H, context) to (H, T, S). */
export function headsFirst<A extends HostArray>(rows: A, T: number, H: number, S: number): A {
  const context = rows.length / T / H;
  const out = new (rows.constructor as new (length: number) => A)(H * T * S);
  for (let t = 0; t < T; t++)
    for (let h = 0; h < H; h++) {
      const from = (t * H + h) * context;
      out.set(rows.subarray(from, from + S), (h * T + t) * S);
    }
  return out;
}
