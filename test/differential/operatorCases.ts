import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import type { OperatorKind } from "../../engine/backend/operators.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import { atRow } from "./cases/atRow.ts";
import { attentionCases } from "./cases/attentionCases.ts";
import { attentionPartsCases } from "./cases/attentionPartsCases.ts";
import { denseCases } from "./cases/denseCases.ts";
import { editCases } from "./cases/editCases.ts";
import { expertCases } from "./cases/expertCases.ts";
import { indexerCases } from "./cases/indexerCases.ts";
import { mlaCases } from "./cases/mlaCases.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { packedCases } from "./cases/packedCases.ts";
import { streamCases } from "./cases/streamCases.ts";
import { CaseOnBackend, type Outputs } from "./runCase.ts";

/** Every operator kind, several cases each: ragged shapes, every weight dtype, every option. */
export const operatorCases: readonly OperatorCase[] = [
  ...denseCases,
  ...streamCases,
  ...attentionCases,
  ...mlaCases,
  ...indexerCases,
  ...expertCases,
  ...packedCases,
  ...editCases,
  ...attentionPartsCases,
];

/** A new operator does not compile until it is named here, and does not pass until it has a case. */
const everyKind: Readonly<Record<OperatorKind, true>> = {
  embed: true,
  addPosition: true,
  rmsNorm: true,
  layerNorm: true,
  clamp: true,
  matmul: true,
  rope: true,
  writeRows: true,
  mlaLatent: true,
  mlaAbsorbQuery: true,
  mlaExpand: true,
  mlaValue: true,
  indexScores: true,
  selectKeys: true,
  attention: true,
  add: true,
  spreadStreams: true,
  streamWeights: true,
  readStreams: true,
  writeStreams: true,
  swiGlu: true,
  gelu: true,
  route: true,
  expertsUp: true,
  expertsDown: true,
  expertsCombine: true,
  lastRow: true,
  tokenLogProbs: true,
  attentionTile: true,
  attentionMetrics: true,
  projectHeads: true,
  edit: true,
  editMap: true,
  attentionScores: true,
  softmax: true,
  mixValues: true,
};

/**
 * Registers one test per case: the backend's outputs against the reference within the case's tolerance, the same bits
 * on a second run, and, where rows are independent, the same bits when a few tokens run alone.
 * Ends by asserting that no tensor is left on the backend.
 */
export function runOperatorCases(
  name: BackendName,
  create: () => Backend | Promise<Backend>,
): void {
  describe(`operators on ${name} against the float64 reference`, () => {
    let backend: Backend;
    before(async () => {
      backend = await create();
      assert.equal(backend.info.name, name, "the backend under test must be the one asked for");
    });
    after(() => {
      assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 }, "tensors left after all cases");
      backend.dispose();
    });

    test("the cases cover every operator", () => {
      const covered = new Set(operatorCases.map((operatorCase) => operatorCase.kind));
      assert.deepEqual([...covered].sort(), Object.keys(everyKind).sort());
    });

    for (const operatorCase of operatorCases)
      test(`${operatorCase.kind}: ${operatorCase.name}`, () =>
        compareWithReference(backend, operatorCase));
  });
}

/** Runs one case on the backend and on the reference. @throws AssertionError naming operator, case, index and values */
export async function compareWithReference(
  backend: Backend,
  operatorCase: OperatorCase,
): Promise<void> {
  const reference = createReferenceBackend();
  const expected = await new CaseOnBackend(reference, operatorCase).run();
  if (hasRows(operatorCase)) await compareLower(reference, operatorCase, expected);
  reference.dispose();

  const running = new CaseOnBackend(backend, operatorCase);
  try {
    const got = await running.run();
    for (const [field, values] of expected)
      assertClose(operatorCase, field, got.get(field)!, values, backend.info.name);
    assertSameBits(operatorCase, "a second run", await running.run(), got, 0);
    if (operatorCase.rowInvariant) await compareParts(running, operatorCase, got);
    if (hasRows(operatorCase)) await compareLower(backend, operatorCase, got);
    await compareTogether(backend, operatorCase, got);
  } finally {
    running.free();
  }
}

/** Tiles lie wherever they say, whatever the step. */
const hasRows = ({ kind }: OperatorCase): boolean =>
  kind !== "attentionTile" && kind !== "attentionMetrics";

/** Runs the step further down in larger tensors, whose other rows must neither be read nor written. */
async function compareLower(
  backend: Backend,
  operatorCase: OperatorCase,
  full: Outputs,
): Promise<void> {
  for (const row of [1, 6]) {
    const lower = new CaseOnBackend(backend, atRow(operatorCase, row));
    try {
      assertSameBits(operatorCase, `the rows from ${row} on`, await lower.run(), full, 0);
    } finally {
      lower.free();
    }
  }
}

/** Runs the step as a part beside the same step further down and beside a shorter one, each with tensors of its own. */
async function compareTogether(
  backend: Backend,
  operatorCase: OperatorCase,
  full: Outputs,
): Promise<void> {
  const { step, rowInvariant } = operatorCase;
  const cases = [operatorCase];
  if (hasRows(operatorCase)) cases.push(atRow(operatorCase, 2));
  if (rowInvariant && step.nTokens > 1)
    cases.push({ ...operatorCase, step: { ...step, nTokens: step.nTokens - 1 } });
  const parts = [...cases, operatorCase].map((part) => new CaseOnBackend(backend, part));
  try {
    for (const [i, outputs] of (await CaseOnBackend.runTogether(parts)).entries())
      assertSameBits(operatorCase, `part ${i} of several`, outputs, full, 0);
  } finally {
    for (const part of parts) part.free();
  }
}

/** Runs single tokens and one run of three apart, and compares their rows with those of the whole step. */
async function compareParts(
  running: CaseOnBackend,
  operatorCase: OperatorCase,
  full: Outputs,
): Promise<void> {
  const T = operatorCase.step.nTokens;
  const parts: [number, number][] = [0, 1, 8, Math.floor(T / 2), T - 1]
    .filter((t, i, all) => t < T && all.indexOf(t) === i)
    .map((t) => [t, 1]);
  if (T > 4) parts.push([2, 3]);
  for (const [first, count] of parts) {
    const what = count === 1 ? `token ${first} alone` : `tokens ${first} to ${first + count - 1}`;
    assertSameBits(operatorCase, what, await running.runTokens(first, count), full, first);
  }
}

function assertClose(
  operatorCase: OperatorCase,
  field: string,
  got: HostArray,
  expected: HostArray,
  name: string,
): void {
  assert.equal(got.length, expected.length, `${operatorCase.kind} ${field}: length`);
  let scale = 0;
  for (const x of expected) if (Number.isFinite(x)) scale = Math.max(scale, Math.abs(x));
  const exact = expected instanceof Int32Array;
  const allowed = exact ? 0 : operatorCase.tolerance * scale;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    if (a === b || Math.abs(a - b) <= allowed) continue;
    assert.fail(
      `${operatorCase.kind} "${operatorCase.name}" ${position(operatorCase, field, i)}: ` +
        `expected ${b} (reference), got ${a} (${name}); |difference| ${Math.abs(a - b)} > ${allowed}`,
    );
  }
}

/** Rows of `part` must equal the rows of `full` from `firstToken` on (token outputs) or from 0 on (the others). */
function assertSameBits(
  operatorCase: OperatorCase,
  what: string,
  part: Outputs,
  full: Outputs,
  firstToken: number,
): void {
  for (const [field, values] of part) {
    const output = operatorCase.fields[field]!;
    const rowLength = output.shape.slice(1).reduce((a, b) => a * b, 1);
    const shift = output.role === "out" && output.axis === "token" ? firstToken * rowLength : 0;
    const whole = full.get(field)!;
    for (let i = 0; i < values.length; i++)
      if (!Object.is(values[i], whole[shift + i]))
        assert.fail(
          `${operatorCase.kind} "${operatorCase.name}" ${position(operatorCase, field, shift + i)}: ` +
            `expected the same bits in ${what}, got ${values[i]} instead of ${whole[shift + i]}`,
        );
  }
}

/** `out[3, 0, 5]` for a flat index. */
function position(operatorCase: OperatorCase, field: string, flat: number): string {
  const index: number[] = [];
  let rest = flat;
  for (const size of [...operatorCase.fields[field]!.shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${field}[${index.join(", ")}]`;
}
