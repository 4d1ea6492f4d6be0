import { test } from "node:test";
import { assertSays, notebookChecks } from "../fixtures/notebookChecks.ts";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "11-fp8.ipynb";

test("the notebook of FP8 comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));

test("its exercises say of each answer whether it is right, and why not", async (t) => {
  const [bytes, larger, factor] = await notebookChecks(t, NAME, /^(?!const answer)/);
  await assertSays(bytes, [
    [7_168, /^Right/],
    [1_792, /four bytes/],
    [4_096 * 7_168, /those are the codes/],
    [4_096 * 7_168 * (4 / 128), /each 128 weights of a row/],
    [1, /^No: count/],
  ]);
  await assertSays(larger, [
    ["a", /stay alike/],
    ["b", /^Right/],
    ["c", /end at 448 whatever/],
  ]);
  await assertSays(factor, [
    [28_672, /^Right/],
    [448 * 512, /fewer bits/],
    [448, /largest code/],
    [1 / 28_672, /the other way round/],
    [10, /^No: divide/],
  ]);
});
