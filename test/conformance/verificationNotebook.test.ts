import { test } from "node:test";
import { assertSays, notebookChecks } from "../fixtures/notebookChecks.ts";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "15-verification.ipynb";

test("the notebook of verification comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));

test("its exercises say of each answer whether it is right, and why not", async (t) => {
  const [three, worse] = await notebookChecks(t, NAME, /^(?!const answer)/);
  await assertSays(three, [
    [0.648, /^Right/],
    [0.6, /one reply alone/],
    [0.216, /all three right/],
    [0.432, /exactly two/],
    [0.936, /at least one/],
    [64.8, /^Nearly/],
    [0.5, /^No: add/],
  ]);
  await assertSays(worse, [
    ["a", /still has most votes/],
    ["b", /^Right/],
    ["c", /in the same way/],
  ]);
});
