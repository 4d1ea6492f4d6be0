import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Model, replace, scale } from "../../engine/index.ts";
import { mlaOf } from "../fixtures/layers.ts";
import { assertSameBits } from "./compare.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const IDS = [5, 80, 200, 31, 7, 9];
const ATTN = "blocks.2.attn";

describe("what is recomputed of an edited run of latent attention", () => {
  let model: Model;
  before(async () => {
    model = (await openModel("cpu", tinyFolder)).model;
  });
  after(() => model.dispose());

  for (const site of ["hook_q", "hook_rot_q"])
    test(`its maps and queries are those of the edited ${site}`, async () => {
      const plain = await model.run(IDS, { capture: `${ATTN}.${site}` });
      const edited = await model.run(IDS, { edits: [scale(`${ATTN}.${site}`, 0.5)] });
      const [before, after] = await Promise.all(
        [plain, edited].map((run) => run.get(`${ATTN}.hook_rot_q`)),
      );
      after?.data.forEach((x, i) => {
        assert.ok(Math.abs(x - 0.5 * Number(before?.data[i])) < 1e-6);
      });
      const scores = await edited.get(`${ATTN}.hook_attn_scores`);
      const wanted = await plain.get(`${ATTN}.hook_attn_scores`);
      scores.data.forEach((x, i) => {
        const whole = Number(wanted.data[i]);
        assert.ok(x === whole || Math.abs(x - 0.5 * whole) < 1e-5, `${x} of ${whole}`);
      });
      assert.equal(edited.sites().find(({ name }) => name === `${ATTN}.hook_rot_q`)?.state, "kept");
    });

  test("its keys before RoPE come from the edited latent", async () => {
    const plain = await model.run(IDS);
    const latent = await plain.get(`${ATTN}.hook_kv_latent`);
    const same = await model.run(IDS, { edits: [replace(`${ATTN}.hook_kv_latent`, latent)] });
    assertSameBits(await same.get(`${ATTN}.hook_k`), await plain.get(`${ATTN}.hook_k`), "itself");
    const { dNope } = mlaOf(model.spec);
    const zeroed = await model.run(IDS, { edits: [scale(`${ATTN}.hook_kv_latent`, 0)] });
    const keys = await zeroed.get(`${ATTN}.hook_k`);
    const whole = await plain.get(`${ATTN}.hook_k`);
    const [, nHeads = 0, width = 0] = keys.shape;
    for (let i = 0; i < IDS.length * nHeads; i++)
      for (let d = 0; d < width; d++) {
        const at = i * width + d;
        assert.equal(
          Math.abs(Number(keys.data[at])),
          d < dNope ? 0 : Math.abs(Number(whole.data[at])),
        );
      }
  });
});
