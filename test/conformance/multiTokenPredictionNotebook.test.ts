import { test } from "node:test";
import { assertSays, notebookChecks } from "../fixtures/notebookChecks.ts";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "09-multi-token-prediction.ipynb";

test("the notebook of multi-token prediction comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));

test("its exercises say of each answer whether it is right, and why not", async (t) => {
  const [steps, random, overlap] = await notebookChecks(t, NAME, /^(?!const answer)/);
  await assertSays(steps, [
    [50, /^Right/],
    [72, /A step brings 1\.8/],
    [45, /every draft accepted/],
    [90, /without drafts/],
    [18, /not an extra step/],
    [1, /^No: a step brings/],
  ]);
  await assertSays(random, [
    ["a", /never decides/],
    ["b", /^Right/],
    ["c", /once in 3,072/],
  ]);
  await assertSays(overlap, [
    [0.7, /^Right/],
    [0.29, /two draws agree/],
    [0.3, /what is rejected/],
    [70, /^Nearly/],
    [0.5, /^No: add/],
  ]);
});
