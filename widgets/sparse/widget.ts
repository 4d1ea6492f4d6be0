import type { DroppedMassRecord, LengthCostRecord } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { refusalOf, type SparseLayer, type SparseState, sparseLayers, sparseText } from "./data.ts";
import { wholeViewport, windowOf } from "./looking.ts";
import { type SelectionReader, selectionReader } from "./selectionReader.ts";
import { sparsePicture } from "./staticPicture.ts";
import { sparseTables } from "./tables.ts";

/** What the picture needs of a Run beside what all pictures do; the engine's Run is one. */
export interface SparseSource extends Omit<RunSource, "attentionTile">, SelectionReader {
  readonly model: {
    readonly spec: {
      readonly layers: readonly {
        readonly attention: {
          readonly kind: string;
          readonly nHeads: number;
          readonly indexer?: { readonly topK: number } | null;
        };
      }[];
    };
  };
  costByLength(): LengthCostRecord;
}

/**
 * Sparse attention: the keys that every query kept, the indexer's scores that it chose them by, the weights that all keys would have
 * without the selection (recomputed) and the mass that was dropped, and what a token costs at every length beside dense attention
 * (computed). Says so where the model's queries see all keys.
 * @throws KernelError ERR_OPTION
 */
export function sparse(
  run: SparseSource,
  options: Readonly<Record<string, never>> = {},
): Picture<SparseState> {
  checkOptions("sparse", options, {});
  const { record } = run;
  const layers = sparseLayers(run.model.spec.layers.map(({ attention }) => attention));
  const refusal = refusalOf(record, layers);
  const lengths = refusal === "" ? run.costByLength() : null;
  const reader = selectionReader(run, layers, record.tokens.length);
  const [first] = layers;
  /** Of the first layer; null where there is none, and before the picture is first shown. */
  let mass: DroppedMassRecord | null = null;
  return new Picture<SparseState>({
    name: "sparse",
    esm: viewSource("sparse"),
    state: {
      runId: run.id,
      subtitle: describeRun(record),
      tokenTexts: record.tokens.map((token) => token.text),
      ...{ layers, refusal, lengths },
    },
    answers: reader.answers,
    prepare: async () => {
      mass = first ? await reader.massOf(first.layer) : null;
    },
    svg: async () => {
      const kept = first ? await reader.keptOf(first.layer) : new Float32Array(0);
      return sparsePicture({ record, layers, lengths, mass, kept, refusal });
    },
    text: () => sparseText(record, { layers, lengths }, mass),
    tables: () => sparseTables({ record, layers, lengths, ...reader }),
    keep: () => firstQuestions(first, record.tokens.length),
    records: [record],
  });
}

/** The first layer's kept keys and dropped mass as the page first asks for them. */
function firstQuestions(first: SparseLayer | undefined, nTokens: number) {
  if (first === undefined) return [];
  const place = { layer: first.layer, head: 0 };
  const window = windowOf(wholeViewport(nTokens));
  return [
    { kind: "tile", ...place, cells: "kept", ...window },
    { kind: "mass", ...place },
    { kind: "tile", ...place, cells: "weights", ...window },
    { kind: "tile", ...place, cells: "scores", ...window },
  ];
}
