import type { SiteReader } from "../act/edit.ts";
import { AbortedError, SiteError } from "../base/errors.ts";
import { type ProbeOptions, probeError } from "./probeOptions.ts";

/** The class of a run, or of each of its rows. */
export type ProbeLabel = string | number | boolean;
export type ProbeLabels = readonly (ProbeLabel | readonly ProbeLabel[])[];

/** Rows of a site, each with what it is of. */
export interface LabelledRows {
  readonly rows: Float64Array; // (R, M)
  readonly width: number;
  readonly classes: readonly [string, string];
  readonly labels: Uint8Array; // (R)
  readonly runs: Int32Array; // (R)
  readonly positions: Int32Array; // (R)
}

/** A row before it is read. */
interface Place {
  readonly run: number;
  readonly position: number;
  readonly label: ProbeLabel;
}

/**
 * Reads the rows that labels are of.
 * @throws InputError ERR_OPTION for labels that do not fit, and for others than two classes; SiteError ERR_SITE_SHAPE;
 * AbortedError ERR_ABORTED between two runs; what reading the runs throws
 */
export async function labelledRows(
  runs: readonly SiteReader[],
  labels: ProbeLabels,
  site: string,
  options: ProbeOptions,
): Promise<LabelledRows> {
  const places = placesOf(runs, labels, options.positions);
  const classes = classesOf(places.map(({ label }) => label));
  const parts: Float64Array[] = [];
  let width = 0;
  for (const [index, run] of runs.entries()) {
    const { signal } = options;
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const own = places.filter((place) => place.run === index);
    const { rows, width: size } = await readRows(run, site, options.head, own);
    if (index > 0 && size !== width)
      throw probeError(
        `rows of ${width} numbers, as run 0 has`,
        `rows of ${size} in run ${index}`,
        "Take runs of one model.",
      );
    width = size;
    parts.push(rows);
    options.onProgress?.({ stage: "explain", done: index + 1, total: runs.length, label: site });
  }
  const rows = new Float64Array(places.length * width);
  let at = 0;
  for (const part of parts) {
    rows.set(part, at);
    at += part.length;
  }
  const bad = rows.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    throw probeError(`finite numbers at ${site}`, String(rows[bad]), "Look at the runs.");
  return {
    ...{ rows, width, classes },
    labels: Uint8Array.from(places, ({ label }) => Number(String(label) === classes[1])),
    runs: Int32Array.from(places, ({ run }) => run),
    positions: Int32Array.from(places, ({ position }) => position),
  };
}

const isList = (value: unknown): boolean => Array.isArray(value);

function placesOf(
  runs: readonly SiteReader[],
  labels: ProbeLabels,
  positions: ProbeOptions["positions"] = [-1],
): Place[] {
  if (!isList(runs) || runs.length < 2)
    throw probeError(
      "two runs or more",
      isList(runs) ? String(runs.length) : typeof runs,
      "Run more prompts: some are held out.",
    );
  if (!isList(labels) || labels.length !== runs.length)
    throw probeError(
      `a label for each of ${runs.length} runs`,
      isList(labels) ? String(labels.length) : typeof labels,
      "Pair each run with its class, or with those of its rows.",
    );
  if (positions !== "all" && !isList(positions))
    throw probeError('"all" or a list as positions', JSON.stringify(positions), "Write [-1].");
  const isEach = positions !== "all" && isList(positions[0]);
  if (isEach && positions.length !== runs.length)
    throw probeError(
      `positions for each of ${runs.length} runs`,
      String(positions.length),
      "Give each run a list.",
    );
  return runs.flatMap(({ tokens }, run): Place[] => {
    const asked = (isEach ? positions[run] : positions) as "all" | readonly number[];
    if (isEach && !isList(asked))
      throw probeError(
        "a list of positions for each run",
        `${JSON.stringify(asked)} for run ${run}`,
        "Write [-1] for its last token.",
      );
    const own = asked === "all" ? tokens.map((_, i) => i) : asked;
    const given: unknown = labels[run];
    if (Array.isArray(given) && given.length !== own.length)
      throw probeError(
        `a label for each of the ${own.length} rows of run ${run}`,
        String(given.length),
        "Give the run one label, or one for each position.",
      );
    return own.map((position, i) => {
      const at = position < 0 ? tokens.length + position : position;
      if (!Number.isInteger(at) || at < 0 || at >= tokens.length)
        throw probeError(
          `positions from ${-tokens.length} to ${tokens.length - 1} in run ${run}`,
          String(position),
          "Choose one that exists.",
        );
      return { run, position: at, label: (Array.isArray(given) ? given[i] : given) as ProbeLabel };
    });
  });
}

/** The two classes: false before true, numbers by size, texts by their order. */
function classesOf(labels: readonly ProbeLabel[]): [string, string] {
  const isLabel = (label: unknown) =>
    typeof label === "string" || typeof label === "boolean" || Number.isFinite(label);
  const wrong = labels.findIndex((label) => !isLabel(label));
  if (wrong >= 0)
    throw probeError(
      "labels that are texts, numbers or truth values",
      String(labels[wrong]),
      "Name classes.",
    );
  const classes = [...new Set(labels.map(String))];
  const isNumbers = labels.every((label) => typeof label === "number");
  classes.sort(isNumbers ? (a, b) => Number(a) - Number(b) : undefined);
  const [first, second, third] = classes;
  if (first !== undefined && second !== undefined && third === undefined) return [first, second];
  throw probeError(
    "labels of two classes",
    classes.length === 1 ? `one class alone, ${first}` : `${classes.length} classes`,
    classes.length > 2
      ? "Make one probe for each class against the others."
      : "Add runs of another class.",
  );
}

async function readRows(
  run: SiteReader,
  site: string,
  head: number | undefined,
  places: readonly Place[],
): Promise<{ readonly rows: Float64Array; readonly width: number }> {
  const { shape, data, dims, dtype } = await run.get(site);
  const [nTokens = 0, nHeads = 0] = shape;
  const hasHeads = shape.length === 3 && "HK".includes(dims[1] ?? "");
  if (dims[0] !== "T" || dims.includes("S") || dtype === "i32")
    throw new SiteError(
      "ERR_SITE_SHAPE",
      `probe: expected a site with a row of floats for each token, got ${site} (${dims.join(", ")}) ${dtype}. Name one such as blocks.1.hook_resid_post.`,
    );
  if (head !== undefined && (!hasHeads || head >= nHeads))
    throw probeError(
      hasHeads
        ? `a head from 0 to ${nHeads - 1} of ${site}`
        : `no head for ${site}, which has none`,
      String(head),
      "Correct the option.",
    );
  const whole = data.length / nTokens;
  const width = head === undefined ? whole : whole / nHeads;
  const rows = new Float64Array(places.length * width);
  for (const [i, { position }] of places.entries()) {
    const first = position * whole + (head ?? 0) * width;
    rows.set(data.subarray(first, first + width), i * width);
  }
  return { rows, width };
}
