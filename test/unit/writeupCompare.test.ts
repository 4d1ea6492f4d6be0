import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { compareText } from "../../cli/writeup/compare/compareText.ts";
import { compareNotebooks } from "../../cli/writeup/verifyNotebook.ts";
import { verifyReport } from "../../cli/writeup/verifyReport.ts";
import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";

const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";

const stream = (text: string, name = "stdout") => ({ output_type: "stream", name, text });
const shown = (data: object, count = 1) => ({
  ...{ output_type: "execute_result", execution_count: count, metadata: {}, data },
});
const text = (value: string, count?: number) => shown({ "text/plain": value }, count);

function notebook(
  cells: readonly (readonly object[])[],
  { tags = [], models = {} }: { tags?: readonly string[]; models?: object } = {},
): Notebook {
  return {
    cells: cells.map((outputs, i) => ({
      ...{ cell_type: "code", id: `c${i}`, metadata: { tags }, source: "", outputs },
    })),
    metadata: { widgets: { [STATE]: { state: models } } },
    ...{ nbformat: 4, nbformat_minor: 5 },
  };
}

/** What parts of outputs differ, and how. */
function differences(
  a: readonly (readonly object[])[],
  b: readonly (readonly object[])[],
  tolerance = 0,
): string[] {
  const { findings } = compareNotebooks(notebook(a), notebook(b), tolerance);
  return findings.flatMap(({ cell, part, likeness }) =>
    likeness.kind === "same" ? [] : [`${cell}, ${part}: ${likeness.kind}`],
  );
}

/** One cell that shows the widget `id`, whose model has this state. */
function picture(id: string, state: object, bytes = "AAAA"): Notebook {
  const buffers = [{ path: ["kept"], encoding: "base64", data: bytes }];
  const models = { [id]: { model_name: "AnyModel", state, buffers } };
  return notebook([[shown({ [VIEW]: { model_id: id } })]], { models });
}

describe("outputs of two runs", () => {
  it("are the same whatever their executions and streams are numbered and cut like", () => {
    const a = [[stream("one\n"), stream("two\n"), text("7", 1)]];
    assert.deepEqual(differences(a, [[stream("one\ntwo\n"), text("7", 9)]]), []);
  });

  it("differ by cell, output and kind", () => {
    assert.deepEqual(differences([[text("1")], [text("2")]], [[text("1")], [text("3")]]), [
      "cell 2 (c1), output 1, text/plain: different",
    ]);
    assert.deepEqual(differences([[stream("a")]], [[stream("a"), text("1")]]), [
      "cell 1 (c0), output 2, kind: different",
    ]);
    assert.deepEqual(differences([[stream("a")]], [[stream("a", "stderr")]]), [
      "cell 1 (c0), output 1, stream: different",
    ]);
    assert.deepEqual(differences([[text("1")]], [[shown({ "text/html": "1" })]]), [
      "cell 1 (c0), output 1, text/plain: different",
      "cell 1 (c0), output 1, text/html: different",
    ]);
  });

  it("of errors are what is said, not where", () => {
    const error = (evalue: string, ...traceback: string[]) => ({
      ...{ output_type: "error", ename: "Error", evalue, traceback },
    });
    assert.deepEqual(differences([[error("no", "at /a")]], [[error("no", "at /b")]]), []);
    assert.equal(differences([[error("no")]], [[error("yes")]]).length, 1);
  });

  it("of numbers may be as far apart as is said, and not further", () => {
    assert.deepEqual(compareText("loss 1.5, 2e-3", "loss 1.5, 2e-3", 0), { kind: "same" });
    assert.equal(compareText("loss 1.0", "loss 1.00", 0).kind, "different");
    assert.deepEqual(compareText("loss 1.0", "loss 1.00", 1e-9), { kind: "near", largest: 0 });
    const near = compareText("a 100 b -2.5e-3", "a 101 b -2.5e-3", 0.01);
    assert.deepEqual(near, { kind: "near", largest: 1 / 101 });
    assert.equal(compareText("a 100", "a 101", 0.0099).kind, "different");
    assert.equal(compareText("a 100", "b 100", 0.5).kind, "different");
    assert.equal(compareText("1 2", "1 2 3", 0.5).kind, "different");
    assert.equal(compareText("NaN", "1", 1).kind, "different");
    assert.equal(compareText("-1", "1", 1).kind, "different");
    assert.deepEqual(compareText("NaN 1", "NaN 1.1", 0.5).kind, "near");
  });

  it("of JSON are compared value by value", () => {
    const json = (value: unknown) => [[shown({ "application/json": value })]];
    assert.deepEqual(differences(json({ a: [1, 2] }), json({ a: [1, 2] })), []);
    assert.deepEqual(differences(json({ a: [1, 2] }), json({ a: [1, 2.1] }), 0.1), [
      "cell 1 (c0), output 1, application/json: near",
    ]);
    for (const other of [
      { a: [1] },
      { a: [1, "2"] },
      { a: [1, 3] },
      { a: [1, null] },
      { b: [1, 2] },
    ])
      assert.equal(differences(json({ a: [1, 2] }), json(other), 0.1).length, 1);
  });

  it("of volatile cells are not compared", () => {
    const [a, b] = [[text("1")], [text("2")]];
    const { findings, volatile } = compareNotebooks(
      notebook([a], { tags: ["volatile"] }),
      notebook([b]),
      0,
    );
    assert.deepEqual([findings.length, volatile], [0, 1]);
    const said = notebook([a]);
    Object.assign(said.cells[0] ?? {}, { metadata: { vitrine: { volatile: true } } });
    assert.equal(compareNotebooks(said, notebook([b]), 0).volatile, 1);
  });
});

describe("pictures of two runs", () => {
  const state = { view: "heads", layers: [1, 2], runId: randomUUID(), _model_name: "AnyModel" };
  const kinds = (a: Notebook, b: Notebook, tolerance = 0): string[] =>
    compareNotebooks(a, b, tolerance).findings.map(({ likeness }) => likeness.kind);

  it("are the same with other ids of models and runs", () => {
    const again = { ...state, runId: "run-1-0123abcd", _model_name: "Other" };
    assert.deepEqual(kinds(picture("a", state), picture("b", again)), ["same"]);
  });

  it("differ where they are of one run in one notebook and of two in the other", () => {
    const of = (...ids: readonly string[]): Notebook =>
      notebook(
        ids.map((_, i) => [shown({ [VIEW]: { model_id: `w${i}` } })]),
        { models: Object.fromEntries(ids.map((runId, i) => [`w${i}`, { state: { runId } }])) },
      );
    const [a, b] = [randomUUID(), randomUUID()];
    assert.deepEqual(kinds(of(a, a), of(b, b)), ["same", "same"]);
    assert.deepEqual(kinds(of(a, a), of(a, b)), ["same", "different"]);
  });

  it("of two runs are the same in whatever order their keys stand", () => {
    const [run, reference] = [randomUUID(), randomUUID()];
    const made = { name: "precision", runId: run, referenceId: reference };
    const sorted = { name: "precision", referenceId: reference, runId: run };
    assert.deepEqual(kinds(picture("a", sorted), picture("b", made)), ["same"]);
    const alike = { ...made, referenceId: run };
    assert.deepEqual(kinds(picture("a", sorted), picture("b", alike)), ["different"]);
  });

  it("differ where their state or their bytes do", () => {
    assert.deepEqual(kinds(picture("a", state), picture("b", { ...state, layers: [1, 3] })), [
      "different",
    ]);
    assert.deepEqual(kinds(picture("a", state), picture("b", state, "AAAB")), ["different"]);
  });

  it("leave bytes out where numbers may differ, and say so", () => {
    const verified = compareNotebooks(picture("a", state), picture("b", state, "AAAB"), 1e-6);
    assert.deepEqual(
      verified.findings.map(({ likeness }) => likeness.kind),
      ["same"],
    );
    assert.equal(verified.bytesLeftOut, 3);
    const report = verifyReport("look.ipynb", { ...verified, failed: null }, 1e-6);
    assert.equal(
      report,
      "look.ipynb: 1 the same, 0 within 0.000001, 0 different, 3 bytes in widgets not compared",
    );
  });

  it("stand for the widgets in them", () => {
    const inner = (id: string, n: number) => ({
      [`${id}-out`]: { state: { child: `IPY_MODEL_${id}-in` } },
      [`${id}-in`]: { state: { n, parent: `IPY_MODEL_${id}-out` } },
    });
    const of = (id: string, n: number): Notebook =>
      notebook([[shown({ [VIEW]: { model_id: `${id}-out` } })]], { models: inner(id, n) });
    assert.deepEqual(kinds(of("a", 1), of("b", 1)), ["same"]);
    assert.deepEqual(kinds(of("a", 1), of("b", 2)), ["different"]);
  });
});

it("a report names the cell, the output and both values", () => {
  const found = compareNotebooks(
    notebook([[text("loss 1.25")]]),
    notebook([[text("loss 1.5")]]),
    0,
  );
  assert.equal(
    verifyReport("look.ipynb", { ...found, failed: null }, 0),
    [
      "cell 1 (c0), output 1, text/plain: different",
      "  saved  loss 1.25",
      "  now    loss 1.5",
      "look.ipynb: 0 the same, 1 different",
    ].join("\n"),
  );
});
