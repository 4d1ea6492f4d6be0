import type { CompiledEdits } from "../act/compileEdits.ts";
import type { MlaSpec } from "../model/spec.ts";
import type { Site } from "../plan/sites/site.ts";
import { isComputed } from "./isComputed.ts";
import { planValues, recordedShape } from "./planValues.ts";
import { malformed } from "./recordErrors.ts";
import type { RecordTensors } from "./recordTensors.node.ts";
import type { RunContent } from "./runContent.ts";
import { OWN } from "./tensorNames.ts";

/** What a record's tensors are held against. */
interface Described {
  readonly content: RunContent;
  readonly edits: CompiledEdits | null;
  readonly catalog: readonly Site[];
}

/** Every tensor has the shape that the model and the run's length give it. @throws RecordError ERR_RECORD */
export function checkTensors(tensors: RecordTensors, described: Described, place: string): void {
  const expected = expectedShapes(described);
  for (const name of tensors.names()) {
    const shape = tensors.shape(name) ?? [];
    const wanted = expected.get(name);
    const isOther = wanted?.length !== shape.length;
    if (!isOther && wanted.every((axis, i) => axis === null || axis === shape[i])) continue;
    if (/^record\.(edit|profile)\./.test(name)) continue;
    throw malformed(`${place}: ${name}`, {
      expected: wanted
        ? `the shape (${wanted.map((axis) => axis ?? "any").join(", ")})`
        : "a tensor of the run",
      got: `(${shape.join(", ")})`,
      fix: "The record is damaged; save the run again.",
    });
  }
  for (const name of [OWN.logits, OWN.logitPositions, OWN.logProbs, OWN.rejectedRoutes])
    if (!tensors.has(name))
      throw malformed(place, {
        expected: `the tensor ${name}`,
        got: "none of that name",
        fix: "The record is damaged; save the run again.",
      });
}

/** Null: any size. */
function expectedShapes({ content, edits, catalog }: Described) {
  const nTokens = content.sizes.n_tokens;
  const spec = edits?.spec ?? content.model.spec;
  const shapes = new Map<string, readonly (number | null)[]>();
  for (const value of planValues(spec).values())
    shapes.set(value.name, recordedShape(value, nTokens));
  for (const site of catalog)
    if (isComputed(site)) {
      const axes = site.shape.map((axis) => (typeof axis === "number" ? axis : nTokens));
      shapes.set(OWN.site(site.name), axes);
    }
  spec.layers.forEach(({ attention }, layer) => {
    if (attention.kind !== "mla") return;
    const { nHeads, kvLoraRank, dRope } = attention satisfies MlaSpec;
    shapes.set(OWN.absorbed(layer), [nTokens, nHeads, kvLoraRank + dRope]);
  });
  shapes.set(OWN.logits, [null, spec.nVocab]);
  shapes.set(OWN.logitPositions, [null]);
  shapes.set(OWN.logProbs, [nTokens]);
  shapes.set(OWN.rejectedRoutes, [null]);
  return shapes;
}
