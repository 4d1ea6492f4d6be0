import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import type { Edit } from "../../engine/backend/operators.ts";
import {
  attention,
  attentionTile,
  editedHeads,
  editedTiles,
  type HeadEdits,
} from "./cases/attentionCases.ts";
import { adjusted, route } from "./cases/expertCases.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { CaseOnBackend } from "./runCase.ts";

/** Zeros of both signs, subnormal and huge numbers, infinities: bits that arithmetic would lose. */
const BITS = [0, -0, 1e-45, -1e-40, 1.1754942e-38, 1, -2.75, 3.4e38, Infinity, -Infinity];
const SAME = Float32Array.from(BITS);

async function sameBits(backend: Backend, edited: OperatorCase, plain: OperatorCase) {
  const results = [];
  for (const given of [edited, plain]) {
    const running = new CaseOnBackend(backend, given);
    results.push(await running.run());
    running.free();
  }
  const [got = new Map(), expected = new Map()] = results;
  assert.deepEqual([...got.keys()], [...expected.keys()]);
  for (const [field, values] of expected)
    values.forEach((value: number, i: number) => {
      const [a, b] = [got.get(field)[i], value];
      assert.ok(Object.is(a, b), `${edited.kind} ${edited.name} ${field}[${i}]: ${b} became ${a}`);
    });
}

/** What changes nothing has to leave every bit as it is. */
export function runNeutralEdits(name: string, create: () => Backend | Promise<Backend>): void {
  describe(`edits that change nothing on ${name}`, () => {
    let backend: Backend;
    before(async () => {
      backend = await create();
    });
    after(() => backend.dispose());

    const neutral: [what: string, change: Partial<Edit>, row: number, value: number][] = [
      ["scaling by 1", { action: "scale", factor: 1 }, 0, 0],
      ["adding 0", { action: "add" }, 0, 0],
      ["adding -0", { action: "add" }, 0, -0],
      ["taking out the direction 0", { action: "project" }, 0, 0],
      ["a row of no values", { action: "zero" }, -1, 0],
      ["a row of no values, of another number", { action: "replace" }, -7, 5],
      ["the columns outside, of zero", { action: "zero", columnStart: 2, columnCount: 1 }, 0, 0],
      ["the columns outside, of the mean", { action: "average", columnCount: 2 }, 0, 0],
    ];
    for (const gate of adjusted)
      test(`an adjustment of zeros leaves every bit: ${gate.name}`, async () => {
        const { adjust: _, ...plain } = gate;
        await sameBits(backend, route({ ...gate, adjust: "zeros" }), route(plain));
      });

    const edits: HeadEdits = { temperatures: "ones", mask: "nothing" };
    test("temperatures of 1 and masks of nothing leave every bit", async () => {
      for (const heads of editedHeads)
        await sameBits(backend, attention({ ...heads, edits }), attention(heads));
      for (const tile of editedTiles)
        await sameBits(backend, attentionTile({ ...tile, edits }), attentionTile(tile));
    });

    for (const [what, change, row, value] of neutral)
      test(`${what} leaves every bit`, async () => {
        const N = SAME.length;
        const columns = { columnStart: 0, columnCount: N, factor: 0.5, ...change };
        const [x, rows, values, out] = [
          backend.alloc([1, N], "f32", "x"),
          backend.alloc([1], "i32", "rows"),
          backend.alloc([1, columns.columnCount], "f32", "values"),
          backend.alloc([1, N], "f32", "out"),
        ];
        backend.write(x, 0, SAME);
        backend.write(rows, 0, Int32Array.of(row));
        backend.write(values, 0, new Float32Array(columns.columnCount).fill(value));
        const { action = "zero" } = change;
        const valued = action === "add" || action === "replace" || action === "project";
        const op: Edit = {
          kind: "edit",
          ...columns,
          action,
          x,
          rows,
          values: valued ? values : null,
          out,
        };
        backend.execute([op], { nTokens: 1, start: 0 });
        const got = await backend.read(out);
        const edited = (i: number): boolean =>
          columns.columnCount < N &&
          i >= columns.columnStart &&
          i < columns.columnStart + columns.columnCount;
        SAME.forEach((bits, i) => {
          if (edited(i)) assert.equal(got[i], 0);
          else assert.ok(Object.is(got[i], bits), `element ${i}: ${bits} became ${got[i]}`);
        });
        for (const tensor of [x, rows, values, out]) backend.free(tensor);
      });
  });
}
