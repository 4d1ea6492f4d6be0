import { test } from "node:test";
import { assertSays, notebookChecks } from "../fixtures/notebookChecks.ts";
import { verifyNotebook } from "../fixtures/verifyNotebook.ts";

const NAME = "07-latent-attention.ipynb";

test("the notebook of latent attention comes out as it was saved, its claims with it", (t) =>
  verifyNotebook(t, NAME));

test("its exercises say of each answer whether it is right, and why not", async (t) => {
  const [bytes, rotary, layer] = await notebookChecks(t, NAME, /^latent\(|"all claims hold"/);
  await assertSays(bytes, [
    [35_136, /^Right/],
    [576, /one layer/],
    [70_272, /two bytes/],
    [31_232, /rotary key/],
    [61 * 576 * 128, /share one latent/],
    [1, /^No: add/],
  ]);
  await assertSays(rotary, [
    ["a", /need not be cached/],
    ["b", /^Right/],
    ["c", /the other way round/],
  ]);
  await assertSays(layer, [
    [0, /^No: layer 0 costs/],
    [6, /counted from 0 to 5/],
    [2, /^Right: layer 0: /],
  ]);
});
