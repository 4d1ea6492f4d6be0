import type { RouteChoices, RoutingRecord } from "../../engine/trace/schema.ts";
import { once } from "../render/once.ts";
import type { RunSource } from "../render/runSource.ts";
import { alignTokens } from "./alignTokens.ts";
import { type AlignedColumn, alignedColumns } from "./comparedRoutes.ts";
import type { RoutingSourceState } from "./data.ts";

/** The edit of one expert, in the engine's form. */
export interface ExpertEdit {
  readonly kind: "experts";
  readonly layer: number;
  /** Left out: all. */
  readonly position?: number;
  readonly force?: readonly number[];
  readonly forbid?: readonly number[];
}

/** What is read of a run with an edit. */
interface EditedRun {
  readonly logits: { readonly data: ArrayLike<number> };
  routing(): Promise<RoutingRecord>;
  dispose(): void;
}

/** What the picture of routes needs of a Run beside what all pictures do; the engine's Run is one. */
export interface RoutedRun extends Omit<RunSource, "routing"> {
  readonly model?: { tokenText(id: number): string };
  routing(options?: { biasedScores?: boolean; choices?: boolean }): Promise<RoutingRecord>;
  /** The same tokens once more, with edits: what a forced or forbidden expert does. Absent: that is refused. */
  again?(
    edits: readonly ExpertEdit[],
    options: { readonly logits: readonly number[]; readonly keep: "routes" },
  ): Promise<EditedRun>;
}

/** Two texts laid beside each other. */
export interface Comparison {
  readonly source: RoutedSource;
  /** Its place among the sources. */
  readonly place: number;
  /** (T) positions in the compared run; -1: none. */
  readonly partners: Int32Array;
  readonly columns: readonly AlignedColumn[];
}

/** A run of the corpus, with its name. */
export interface LabelledRun {
  readonly label: string;
  readonly run: RoutedRun;
}

/** A run whose routes are read once and kept. */
export class RoutedSource {
  readonly label: string;
  readonly role: RoutingSourceState["role"];
  readonly run: RoutedRun;
  readonly routes: () => Promise<RoutingRecord>;
  /** With the scores of all experts. */
  readonly scored: () => Promise<RoutingRecord>;
  readonly #chosen: () => Promise<RoutingRecord>;

  constructor({ label, run }: LabelledRun, role: RoutingSourceState["role"]) {
    this.label = label;
    this.run = run;
    this.role = role;
    this.routes = once(() => run.routing());
    this.scored = once(() => run.routing({ biasedScores: true }));
    this.#chosen = once(() => run.routing({ choices: true }));
  }

  get state(): RoutingSourceState {
    return { label: this.label, role: this.role, nTokens: this.run.record.tokens.length };
  }

  /** The record with its choices. @throws Error where the run does not tell them */
  async chosen(): Promise<{ readonly routing: RoutingRecord; readonly choices: RouteChoices }> {
    const routing = await this.#chosen();
    if (routing.choices !== undefined) return { routing, choices: routing.choices };
    throw new Error(
      "routing: expected how near each choice was, got routes alone. Take a run of the engine.",
    );
  }
}

/**
 * The run and those beside it, which must be of the same model: their experts are the same ones.
 * @throws TypeError
 */
export function routedSources(
  run: RoutedRun,
  compare: RoutedRun | undefined,
  corpus: readonly LabelledRun[],
): [RoutedSource, ...RoutedSource[]] {
  const others = [
    ...(compare ? [new RoutedSource({ label: "compared run", run: compare }, "compare")] : []),
    ...corpus.map((labelled) => new RoutedSource(labelled, "corpus")),
  ];
  for (const other of others) {
    const [wanted, got] = [run.record.model, other.run.record.model];
    if (got.hash !== wanted.hash || got.moeLayers.join() !== wanted.moeLayers.join())
      throw new TypeError(
        `routing: expected runs of one model (${wanted.name}), got ${other.label} of ${got.name}. Run every text with the same model.`,
      );
  }
  return [new RoutedSource({ label: "this run", run }, "run"), ...others];
}

/** The run beside the one that it is compared with; null where there is none. */
export function comparisonOf(
  sources: readonly [RoutedSource, ...RoutedSource[]],
): Comparison | null {
  const place = sources.findIndex(({ role }) => role === "compare");
  const source = sources[place];
  if (source === undefined) return null;
  const idsOf = ({ run }: RoutedSource): number[] => run.record.tokens.map(({ id }) => id);
  const other = idsOf(source);
  const partners = alignTokens(idsOf(sources[0]), other);
  return { source, place, partners, columns: alignedColumns(partners, other.length) };
}
