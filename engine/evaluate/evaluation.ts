import { csvLines } from "../base/csv.ts";
import { wholeText } from "../base/pieces.ts";
import type { Run } from "../look/run.ts";
import { notRecorded } from "../record/recordErrors.ts";
import { armName } from "./arms.ts";
import type { Finished } from "./askModel.ts";
import { captureTables } from "./captureTables.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";
import type { EvaluationAbout } from "./evaluationAbout.ts";
import {
  armMetrics,
  type IntervalRow,
  type MetricRow,
  type MetricsRequest,
  samplesByArm,
} from "./evaluationMetrics.ts";
import { type InspectLog, inspectLog } from "./export/inspectLog.ts";
import { lmEvalLines } from "./export/lmEvalSamples.ts";
import {
  type PlainTable,
  SAMPLE_COLUMNS,
  sampleRows,
  sampleTable,
  type TableRow,
} from "./sampleTable.ts";

/** A table's rows as a Parquet file. */
export type EncodeTable = (name: string, table: PlainTable) => Promise<Uint8Array>;

/** The recorded run of a sample. */
export type OpenRun = (
  row: Pick<EvaluatedSample, "sample" | "index" | "epoch" | "edits" | "thinking">,
) => Promise<Run>;

interface EvaluationParts {
  readonly about: EvaluationAbout;
  readonly finished: readonly Finished[];
  readonly request: MetricsRequest;
  readonly encode: EncodeTable;
  /** Null where no runs were kept. */
  readonly openRun: OpenRun | null;
  /** Null: in memory alone. */
  readonly folder: string | null;
}

/** What a model made of a task: plain objects. The same task, options, weights and backend give the same, bit for bit. */
export class Evaluation {
  readonly about: EvaluationAbout;
  /** The folder that has the whole of it, or its address in an object store; null where it is in memory alone. */
  readonly folder: string | null;
  /** One for each arm, sample and epoch, in this order. */
  readonly samples: readonly EvaluatedSample[];
  readonly metrics: readonly MetricRow[];
  readonly intervals: readonly IntervalRow[];
  /** What `capture` asked for: rows by table. */
  readonly captures: Readonly<Record<string, readonly TableRow[]>>;
  /** Samples with what was captured of each, as logs keep them. */
  readonly finished: readonly Finished[];
  readonly #captureTables: Readonly<Record<string, PlainTable>>;
  readonly #encode: EncodeTable;
  readonly #openRun: OpenRun | null;

  /** They come from `evaluate`, `mergeEvaluations` and `loadEvaluation`. */
  constructor({ about, finished, request, encode, openRun, folder }: EvaluationParts) {
    this.about = about;
    this.folder = folder;
    this.finished = finished;
    this.samples = finished.map(({ row }) => row);
    const arms = samplesByArm(this.samples).map((arm) => armMetrics(arm, request));
    this.metrics = arms.flatMap(({ metrics }) => metrics);
    this.intervals = arms.flatMap(({ intervals }) => intervals);
    this.#captureTables = captureTables(finished);
    this.captures = Object.fromEntries(
      Object.entries(this.#captureTables).map(([name, { rows }]) => [name, rows]),
    );
    this.#encode = encode;
    this.#openRun = openRun;
  }

  /** Whether runs of samples were kept, as `capture.runs` asks for. */
  get hasRuns(): boolean {
    return this.#openRun !== null;
  }

  /**
   * The run of a sample, of those that `capture.runs` kept, as `loadRun` gives it: `dispose` frees what it holds.
   * @throws RecordError ERR_NOT_RECORDED where it was not kept; as `loadRun`
   */
  async run(sample: Parameters<OpenRun>[0]): Promise<Run> {
    if (this.#openRun !== null) return this.#openRun(sample);
    throw notRecorded(`run of sample ${JSON.stringify(sample.sample)}`, {
      expected: "an evaluation that kept its runs",
      got: "one that kept none",
      fix: 'Evaluate with { folder: "runs/mine", capture: { runs: true } }.',
    });
  }

  /** Samples by arm, as `compareArms` takes them. */
  arms(): Record<string, readonly EvaluatedSample[]> {
    return Object.fromEntries(samplesByArm(this.samples).map((arm) => [armName(arm), arm.samples]));
  }

  /** The samples as CSV, with a line of names. @throws InputError ERR_TEXT_LENGTH */
  toCsv(): string {
    const fix = "Take csvLines(), or the file samples.csv of a folder.";
    return wholeText(this.csvLines(), { what: "evaluation.toCsv", fix });
  }

  /** The lines of `toCsv`, one after the other: all of them may be longer than a text can be. */
  csvLines(): Iterable<string> {
    return csvLines(SAMPLE_COLUMNS, sampleRows(this.samples));
  }

  /** The samples as a Parquet file; with a name one of the tables of `captures`. */
  async toParquet(table?: string): Promise<Uint8Array> {
    if (table === undefined) return this.#encode("samples", sampleTable(this.samples));
    const found = this.#captureTables[table];
    if (found === undefined)
      throw new RangeError(
        `toParquet: expected one of ${Object.keys(this.captures).join(", ") || "no table, as nothing was captured"}, got ${JSON.stringify(table)}. Leave it out for the samples.`,
      );
    return this.#encode(table, found);
  }

  /** The samples as lines of JSON, with the fields of lm-eval's samples_*.jsonl. @throws InputError ERR_TEXT_LENGTH */
  toLmEval(): string {
    const fix = "Export shards, one after the other.";
    return wholeText(lmEvalLines(this), { what: "evaluation.toLmEval", fix });
  }

  /** A log as Inspect reads it: write it to a file of JSON. */
  toInspect(): InspectLog {
    return inspectLog(this);
  }

  toString(): string {
    const accuracies = this.metrics.filter(({ metric }) => metric === "accuracy");
    const lines = accuracies.map((row) => {
      const interval = this.intervals.find(
        ({ metric, edits, thinking }) =>
          metric === "accuracy" && edits === row.edits && thinking === row.thinking,
      );
      const upper = this.metrics.find(
        ({ metric, edits, thinking }) =>
          metric === "accuracy_upper" && edits === row.edits && thinking === row.thinking,
      );
      const bounds = interval ? ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]` : "";
      const cut =
        upper && upper.value > row.value
          ? `, ${upper.value.toFixed(3)} if all cut replies were right`
          : "";
      return `  ${armName(row)}: ${row.value.toFixed(3)}${bounds} of ${row.n}${cut}`;
    });
    return [`Evaluation of ${this.about.model} on ${this.about.task}: accuracy`, ...lines].join(
      "\n",
    );
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
