import type { Site } from "../plan/sites/site.ts";
import { Tensor } from "../tensor/tensor.ts";
import { editError } from "./checkEdit.ts";
import type { Edit, EditPosition, MeanOverRuns, PatchFromRun, SiteReader } from "./edit.ts";

/** Puts other runs' numbers in the place of the runs: one edit for each run of neighbouring places, and each head of a map. */
export async function patched(
  what: string,
  { run, from, to, head, after }: PatchFromRun,
  site: Site,
): Promise<Edit[]> {
  const values = await readHeads(run, site, head);
  const [first] = values;
  const sources = from ?? to ?? Array.from({ length: first?.rows.shape[0] ?? 0 }, (_, i) => i);
  const places = to ?? sources;
  if (sources.length !== places.length || sources.length === 0)
    throw editError(
      what,
      "as many positions in to as in from",
      `${places.length} and ${sources.length}`,
      "Pair each source with a place.",
    );
  const beyond = sources.find((position) => position >= run.tokens.length);
  if (beyond !== undefined)
    throw editError(
      what,
      `positions of the other run from 0 to ${run.tokens.length - 1}`,
      String(beyond),
      "Choose positions that it has.",
    );
  const pairs = places
    .map((place, i) => ({ place, source: sources[i] ?? 0 }))
    .sort((a, b) => a.place - b.place);
  const stretches: (typeof pairs)[] = [];
  for (const pair of pairs) {
    const last = stretches.at(-1);
    if (last?.at(-1)?.place === pair.place - 1) last.push(pair);
    else stretches.push([pair]);
  }
  return values.flatMap((value) =>
    stretches.map((stretch): Edit => {
      const start = stretch[0]?.place ?? 0;
      const rows = stretch.flatMap(({ source }) => [...value.rows.row(source).data]);
      return {
        kind: "patch",
        site: site.name,
        value: new Tensor(Float64Array.from(rows), [stretch.length, rows.length / stretch.length]),
        position: [start, start + stretch.length],
        ...value.head,
        ...(after && { after }),
      };
    }),
  );
}

/** Over all tokens of the runs; of a map over the runs, cell by cell. */
export async function averaged(
  what: string,
  { over, head, position, after }: MeanOverRuns,
  site: Site,
): Promise<Edit[]> {
  const runs = await Promise.all(over.map((run) => readHeads(run, site, head)));
  const [first = []] = runs;
  return first.map((own, i): Edit => {
    const values = runs.map((heads) => heads[i]?.rows ?? own.rows);
    const common = { kind: "mean", site: site.name, ...own.head, ...(after && { after }) } as const;
    if (!isMap(site)) return { ...common, value: meanRow(values), ...placed(position) };
    const value = meanMap(what, values);
    const [nRows = 0, width = 0] = value.shape;
    const [start, end] = rowsAt(what, position, nRows);
    const rows = value.data.slice(start * width, end * width);
    return { ...common, value: new Tensor(rows, [end - start, width]), position: [start, end] };
  });
}

const placed = (position: EditPosition | undefined) => position !== undefined && { position };

function meanRow(values: readonly Tensor[]): Float64Array {
  const [first] = values;
  const width = (first?.data.length ?? 0) / (first?.shape[0] ?? 1);
  const sum = new Float64Array(width);
  let count = 0;
  for (const { data, shape } of values) {
    data.forEach((x, i) => {
      sum[i % width] = (sum[i % width] ?? 0) + x;
    });
    count += shape[0] ?? 0;
  }
  return sum.map((x) => x / count);
}

function meanMap(what: string, values: readonly Tensor[]): Tensor {
  const [first] = values;
  const shape = first?.shape ?? [];
  if (values.some((value) => value.shape[0] !== shape[0]))
    throw editError(
      what,
      "runs of as many tokens each, for the mean of a map",
      values.map((value) => value.shape[0]).join(", "),
      "Take runs of prompts of one length.",
    );
  const sum = new Float64Array(first?.data.length ?? 0);
  for (const { data } of values)
    data.forEach((x, i) => {
      sum[i] = (sum[i] ?? 0) + x;
    });
  return new Tensor(
    sum.map((x) => x / values.length),
    shape,
  );
}

/** Rows of the mean map that an edit at `position` takes. */
function rowsAt(what: string, position: EditPosition | undefined, nRows: number): [number, number] {
  if (position === undefined) return [0, nRows];
  const [start, end] = typeof position === "object" ? position : [position, Number(position) + 1];
  if (typeof start === "number" && start >= 0 && end <= nRows) return [start, end];
  throw editError(
    what,
    `positions from 0 to ${nRows - 1}, which the mean of a map has rows for`,
    JSON.stringify(position),
    "Give a position, or [from, to).",
  );
}

const isMap = ({ source }: Site): boolean => source.kind === "pattern" || source.kind === "scores";

interface HeadRows {
  readonly head: { readonly head?: number };
  readonly rows: Tensor; // (T, ...)
}

/** The site's rows, or those of one of its heads; a map has rows head by head. */
export async function readHeads(
  run: SiteReader,
  site: Site,
  head: number | undefined,
): Promise<HeadRows[]> {
  const value = await run.get(site.name);
  if (isMap(site)) {
    const [nHeads = 0] = value.shape;
    const heads = head === undefined ? Array.from({ length: nHeads }, (_, h) => h) : [head];
    return heads.map((h) => ({ head: { head: h }, rows: value.row(h) }));
  }
  if (head === undefined) return [{ head: {}, rows: value }];
  const [nRows = 0, nHeads = 1] = value.shape;
  const size = value.data.length / nRows / nHeads;
  const rows = new Float64Array(nRows * size);
  for (let t = 0; t < nRows; t++) rows.set(value.row(t, head).data, t * size);
  return [{ head: { head }, rows: new Tensor(rows, [nRows, size]) }];
}
