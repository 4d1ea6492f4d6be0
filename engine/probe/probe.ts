import type { SiteReader } from "../act/edit.ts";
import { groupBy } from "../base/groupBy.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ProbeRecord } from "../trace/schema.ts";
import { wilsonInterval } from "../vote/wilsonInterval.ts";
import { type LabelledRows, labelledRows, type ProbeLabels } from "./labelledRows.ts";
import { fitLogistic, score } from "./logistic.ts";
import { checkProbeOptions, type ProbeOptions } from "./probeOptions.ts";
import { heldOutRows } from "./splitRuns.ts";
import { columnsOf, standardized } from "./standardize.ts";

/**
 * The direction at a site that tells two classes of tokens apart, fitted to some runs and tested on the others, in float64. It is what
 * `steer` and `project` take. The same runs, labels and seed give the same bits.
 * @param runs of one model; a site that was not captured comes by one more execution of each
 * @param labels the class of each run, or a list with that of each of its rows
 * @throws InputError ERR_OPTION for labels that do not fit the runs, for one class alone or more than two, too few runs to hold some
 * out, and a regression that does not converge; SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE; RecordError ERR_NOT_RECORDED;
 * AbortedError ERR_ABORTED; BackendError ERR_DISPOSED
 */
export async function probe(
  runs: readonly SiteReader[],
  labels: ProbeLabels,
  site: string,
  options: ProbeOptions = {},
): Promise<ProbeRecord> {
  checkProbeOptions(options);
  const { method = "logistic", l2 = 1, heldOut = 0.25, seed = 0 } = options;
  const signal = withHostSignal(options.signal);
  const all = await labelledRows(runs, labels, site, { ...options, ...(signal && { signal }) });
  const held = heldOutRows(all, heldOut, seed);
  const train = rowsWhere(all, (row) => held[row] === 0);
  const { direction, intercept, fit } =
    method === "logistic"
      ? await logisticDirection(train, l2, signal)
      : { ...meanDifference(train), fit: null };
  const point = Float64Array.of(...direction, intercept);
  const scores = Float64Array.from(all.labels, (_, row) => score(all.rows, all.width, row, point));
  const isRight = (row: number) => Number((scores[row] as number) > 0) === all.labels[row];
  const rows = [...all.labels.keys()];
  const [tested, fitted] = [
    rows.filter((row) => held[row] === 1),
    rows.filter((row) => held[row] === 0),
  ];
  const share = (list: readonly number[], holds: (row: number) => boolean) =>
    list.filter(holds).length / list.length;
  const often = Number(2 * train.labels.reduce((sum, label) => sum + label, 0) > fitted.length);
  return {
    label: "recomputed",
    ...{ site, head: options.head ?? null, method, classes: all.classes, direction, intercept },
    accuracy: share(tested, isRight),
    interval: intervalOf(all, tested, isRight),
    baseline: share(tested, (row) => all.labels[row] === often),
    trainAccuracy: share(fitted, isRight),
    ...{ nTrain: fitted.length, nHeldOut: tested.length, fit },
    ...{ runs: all.runs, positions: all.positions, labels: all.labels, heldOut: held, scores },
  };
}

function rowsWhere({ rows, width, labels }: LabelledRows, holds: (row: number) => boolean) {
  const chosen = [...labels.keys()].filter(holds);
  const out = new Float64Array(chosen.length * width);
  for (const [i, row] of chosen.entries())
    out.set(rows.subarray(row * width, (row + 1) * width), i * width);
  return { rows: out, width, labels: Uint8Array.from(chosen, (row) => labels[row] as number) };
}

type TrainRows = ReturnType<typeof rowsWhere>;

/** Fitted to columns of the deviation 1, told for the site's own numbers. */
async function logisticDirection(
  { rows, width, labels }: TrainRows,
  l2: number,
  signal: AbortSignal | undefined,
) {
  const columns = columnsOf(rows, width);
  const scaled = standardized(rows, columns);
  const found = await fitLogistic({ rows: scaled, width, labels, l2, signal });
  const { iterations, gradient } = found;
  const direction = found.weights.map((w, i) => {
    const by = columns.deviation[i] as number;
    return by === 0 ? 0 : w / by;
  });
  const intercept = direction.reduce(
    (sum, w, i) => sum - w * (columns.mean[i] as number),
    found.intercept,
  );
  return { direction, intercept, fit: { l2, iterations, gradient } };
}

/** From the mean of the first class to that of the second; halfway between them the score is 0. */
function meanDifference({ rows, width, labels }: TrainRows) {
  const means = [0, 1].map((label) => {
    const own = [...labels.keys()].filter((row) => labels[row] === label);
    return Float64Array.from({ length: width }, (_, i) =>
      own.reduce((sum, row) => sum + (rows[row * width + i] as number) / own.length, 0),
    );
  });
  const [from, to] = means as [Float64Array, Float64Array];
  const direction = to.map((x, i) => x - (from[i] as number));
  const intercept = direction.reduce(
    (sum, d, i) => sum - (d * ((from[i] as number) + (to[i] as number))) / 2,
    0,
  );
  return { direction, intercept };
}

/**
 * Wilson's interval of as many independent tries as the rows are worth: rows of one run are none. Where all rows are right, or none, or
 * all are of one run, nothing says how far runs differ, and they are worth as many as there are runs.
 * @see E. Korn, B. Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated from survey
 * data", Survey Methodology 24, 1998
 */
function intervalOf(
  { runs }: LabelledRows,
  tested: readonly number[],
  isRight: (row: number) => boolean,
): ProbeRecord["interval"] {
  const byRun = [...groupBy(tested, (row) => runs[row]).values()];
  const n = tested.length;
  const share = tested.filter(isRight).length / n;
  const missed = byRun.map((own) => own.filter(isRight).length - share * own.length);
  const square = missed.reduce((sum, x) => sum + x * x, 0) / n ** 2; // of the standard error
  const spread = share * (1 - share);
  const isUnknown = spread === 0 || byRun.length === 1;
  const worth = isUnknown ? byRun.length : Math.min(n, spread / square);
  return { ...wilsonInterval(share * worth, worth), effectiveRows: worth };
}
