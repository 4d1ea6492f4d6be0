import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StaleCells } from "../../widgets/lab/staleCells.ts";

/** Cells by their id: source, names that they set, names that they read. */
type Written = Readonly<Record<string, readonly [source: string, sets: string, reads: string]>>;

const NOTEBOOK: Written = {
  a: ["let n = 1", "n", ""],
  b: ["const twice = n * 2", "twice", "n"],
  c: ["twice + 1", "", "twice"],
};

/** Runs cells in this order, and says why which are stale. */
function after(order: string, cells: Written = NOTEBOOK, now: Written = cells) {
  const stale = new StaleCells();
  const names = (text: string): string[] => text.split(" ").filter(Boolean);
  [...order].forEach((cellId, i) => {
    const [source = "", sets = "", reads = ""] = cells[cellId] ?? [];
    stale.ran({ cellId, source, count: i + 1, declares: names(sets), reads: names(reads) });
  });
  const written = Object.entries(now).map(([id, [source]]) => ({ id, source }));
  return Object.fromEntries(stale.reasons(written));
}

describe("stale cells", () => {
  it("are none where a notebook ran from its top", () => {
    assert.deepEqual(after("abc"), {});
    assert.deepEqual(after(""), {});
    const mutating: Written = { ...NOTEBOOK, d: ["n += 1", "n", "n"], e: ["n", "", "n"] };
    assert.deepEqual(after("abcde", mutating), {});
  });

  it("read what was set anew since, and so do those that read of them", () => {
    assert.deepEqual(after("abca"), {
      b: "It read n before cell [4] set it.",
      c: "It read twice of cell [2], which is stale itself.",
    });
    assert.deepEqual(after("abcabc"), {});
  });

  it("were edited since they ran, and take those with them that read of them", () => {
    const edited: Written = { ...NOTEBOOK, b: ["const twice = n * 3", "twice", "n"] };
    assert.deepEqual(after("abc", NOTEBOOK, edited), {
      b: "It was edited since it ran.",
      c: "It read twice of cell [2], which is stale itself.",
    });
  });

  it("read of another cell than the nearest above", () => {
    const below: Written = { ...NOTEBOOK, d: ["n = 5", "n", ""] };
    assert.deepEqual(after("adbc", below), {
      b: "It read n of cell [2], and not of cell [1], which stands nearest above.",
      c: "It read twice of cell [3], which is stale itself.",
    });
    const counting: Written = { a: NOTEBOOK.a as Written[string], b: ["n += 1", "n", "n"] };
    assert.deepEqual(Object.keys(after("abb", counting)), ["b"]);
  });

  it("read of a cell that is gone", () => {
    const { a: _, ...left } = NOTEBOOK;
    assert.deepEqual(after("abc", NOTEBOOK, left), {
      b: "It read n of a cell that is gone.",
      c: "It read twice of cell [2], which is stale itself.",
    });
  });

  it("are none of those that were not run, and none of another kernel", () => {
    assert.deepEqual(after("aba"), { b: "It read n before cell [3] set it." });
    const stale = new StaleCells();
    stale.ran({ cellId: "a", source: "1", count: 1, declares: [], reads: [] });
    stale.clear();
    assert.equal(stale.reasons([{ id: "a", source: "2" }]).size, 0);
  });
});
