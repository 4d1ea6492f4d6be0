import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { type Edit, type EditRequest, type Model, type Run, Tensor } from "../../engine/index.ts";
import { type EditCase, editedFolders, readEdits } from "../fixtures/readEdits.ts";
import { fixtureFolder, openModel } from "./openModel.ts";

const TOLERANCE = 1e-4;

/**
 * What transformers computes under edits, of every architecture.
 * @param oneIn every so manieth case alone, others in each folder: backends that take long meet each kind of edit somewhere
 */
export function editsSuite(backend: BackendName, oneIn = 1): void {
  for (const [index, folder] of editedFolders().entries())
    describe(`edits of ${folder} on ${backend}`, async () => {
      const all = await readEdits(folder);
      const cases = all.filter((_, i) => i % oneIn === index % oneIn);
      it(`${cases.length} cases`, async (t) => {
        const { model } = await openModel(backend, fixtureFolder(folder));
        t.after(() => model.dispose());
        const wrong: string[] = [];
        for (const golden of cases) {
          const problem = await compare(model, golden).catch((error: Error) => error.message);
          if (problem !== null) wrong.push(`${golden.name}: ${problem}`);
        }
        assert.deepEqual(wrong, []);
      });
    });
}

async function compare(model: Model, golden: EditCase): Promise<string | null> {
  const edits = requestsOf(golden);
  if (golden.generate !== undefined) return compareGenerated(model, golden, edits);
  const run = await model.run(golden.ids, { edits, logits: "all" });
  try {
    return await compareOutputs(run, golden, 0);
  } finally {
    run.dispose();
  }
}

async function compareGenerated(
  model: Model,
  golden: EditCase,
  edits: readonly EditRequest[],
): Promise<string | null> {
  const maxTokens = golden.generate;
  const generation = model.generate(golden.ids, {
    ...(maxTokens && { maxTokens }),
    edits,
    logits: "all",
  });
  const ids: number[] = [];
  for await (const { id } of generation) ids.push(id);
  const { run } = generation;
  try {
    assert.deepEqual(ids, [...(golden.outputs.get("generated")?.data ?? [])]);
    return await compareOutputs(run, golden, golden.ids.length - 1);
  } finally {
    run.dispose();
  }
}

/** @param first row of the run that the first row of the golden logits is */
async function compareOutputs(run: Run, golden: EditCase, first: number): Promise<string | null> {
  for (const [site, wanted] of golden.outputs) {
    if (site === "generated") continue;
    if (site.endsWith("hook_expert_weights")) continue; // beside their ids
    if (site.endsWith("hook_expert_indices")) {
      const problem = await compareExperts(run, golden, site);
      if (problem !== null) return problem;
      continue;
    }
    const got = await run.get(site);
    const data =
      site === "hook_logits" ? columns(got, golden.logitIds, first, wanted.shape) : got.data;
    const difference = largestDifference(data, wanted.data);
    if (!(difference < TOLERANCE)) return `${site} differs by ${difference}`;
  }
  return null;
}

function columns(
  logits: Tensor,
  ids: readonly number[],
  first: number,
  [nRows = 0]: readonly number[],
) {
  return Array.from({ length: nRows }, (_, row) =>
    ids.map((id) => logits.at(first + row, id)),
  ).flat();
}

/** Weights by expert, whatever the order. */
async function compareExperts(run: Run, golden: EditCase, site: string): Promise<string | null> {
  const weights = site.replace("indices", "weights");
  const got = byExpert(await run.get(site), await run.get(weights));
  const [ids, shares] = [golden.outputs.get(site), golden.outputs.get(weights)];
  if (ids === undefined || shares === undefined) return `${site} without weights`;
  const wanted = byExpert(new Tensor(ids.data, ids.shape), new Tensor(shares.data, shares.shape));
  for (const [row, experts] of wanted.entries()) {
    const found = got[row] ?? new Map();
    if ([...found.keys()].sort().join() !== [...experts.keys()].sort().join())
      return `${site} row ${row}: ${[...found.keys()]} instead of ${[...experts.keys()]}`;
    for (const [expert, share] of experts)
      if (!(Math.abs((found.get(expert) ?? 0) - share) < TOLERANCE))
        return `${weights} row ${row} of ${expert}: ${found.get(expert)} instead of ${share}`;
  }
  return null;
}

function byExpert(ids: Tensor, weights: Tensor): Map<number, number>[] {
  const [nRows = 0, k = 0] = ids.shape;
  return Array.from(
    { length: nRows },
    (_, row) =>
      new Map(
        Array.from({ length: k }, (_, i): [number, number] => [
          ids.at(row, i),
          weights.at(row, i),
        ]).filter(([id]) => id >= 0),
      ),
  );
}

function largestDifference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < got.length; i++) {
    const [a = 0, b = 0] = [got[i], wanted[i]];
    if (a !== b)
      most = Math.max(most, Number.isFinite(a - b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY);
  }
  return most;
}

/** The golden's edits with their numbers in place; a patch, whose places may be anywhere, row by row. */
function requestsOf({ edits, values }: EditCase): EditRequest[] {
  return edits.flatMap((edit): EditRequest[] => {
    const numbers = (value: unknown): unknown => {
      const name = (value as { tensor?: string } | undefined)?.tensor;
      const found = name === undefined ? undefined : values.get(name);
      return found ? new Tensor(found.data, found.shape) : value;
    };
    if ("pattern" in edit) return [{ ...edit, pattern: numbers(edit.pattern) } as EditRequest];
    if (!("value" in edit) || edit.value === undefined) return [edit as Edit];
    const { from, to, ...rest } = edit;
    const value = numbers(edit.value);
    const tensor = value instanceof Tensor ? value : null;
    const whole = { ...rest, value } as EditRequest;
    if (to === undefined) return [whole];
    return to.map((position, i) => {
      const row = tensor?.row(i);
      return { ...rest, position, value: row ? Float32Array.from(row.data) : value } as EditRequest;
    });
  });
}
