import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import {
  add,
  change,
  type EditRequest,
  experts,
  type Generation,
  heads,
  patch,
  type Run,
  replace,
  scale,
  shiftPositions,
  zero,
} from "../../engine/index.ts";
import { expected, fixtureFolder, openModel } from "../golden/openModel.ts";
import { told } from "./toldOfRun.ts";

/** Of every fixture, on a backend: edits do to a sequence among others what they do to it alone. */
export function batchEditsSuite(backend: BackendName, fixtures: readonly string[]): void {
  for (const fixture of fixtures)
    describe(`${backend}: ${fixture}, edited among others`, () => suite(backend, fixture));
}

function suite(backendName: BackendName, fixture: string): void {
  const { ids } = expected(fixture);
  const opened: ReturnType<typeof openModel>[] = [];
  const open = () => {
    opened[0] ??= openModel(backendName, fixtureFolder(fixture));
    return opened[0];
  };
  after(async () => (await opened[0])?.model.dispose());
  /** With a common head, and of several lengths. */
  const prompts = Array.from({ length: 6 }, (_, i) => [
    ...ids.slice(0, 20),
    i,
    ...ids.slice(i, 2 * i),
  ]);
  const dispose = (runs: readonly Run[]) => {
    for (const run of runs) run.dispose();
  };

  test("runs have the same bits, with and without a shared prefix", async () => {
    const { model } = await open();
    const steering = Float32Array.from({ length: model.spec.dModel }, (_, i) => Math.sin(i));
    const other = await model.run(ids.slice(3, 12));
    const moe = model.spec.layers.findIndex(({ feedForward }) => feedForward.kind === "moe");
    const edits: EditRequest[] = [
      zero("blocks.1.attn.hook_z", { head: 1 }),
      scale("blocks.0.hook_resid_post", 0.5, { position: [4, 9] }),
      add("blocks.1.hook_resid_post", steering, { position: -1 }),
      patch("blocks.0.hook_resid_mid", other, { from: [5, 6], to: [12, 13] }),
      replace("hook_embed", steering, { position: 2 }),
      heads({ layer: 0, head: 0 }).temperature(2),
      shiftPositions(16),
      ...(moe < 0 ? [] : [experts({ layer: moe }).forbid([0])]),
    ];
    const alone: { readonly told: unknown; readonly edits: Run["edits"] }[] = [];
    for (const prompt of prompts) {
      const run = await model.run(prompt, { edits });
      alone.push({ told: await told(run), edits: run.edits });
      run.dispose();
    }
    for (const sharePrefix of [true, false]) {
      const together = await model.runAll(prompts, { edits, sharePrefix }).all();
      let nShared = 0;
      for (const [i, run] of together.entries()) {
        assert.deepEqual(await told(run), alone[i]?.told, `prompt ${i}`);
        assert.deepEqual(run.edits, alone[i]?.edits);
        nShared += run.cost().sharedPrefixTokens;
      }
      assert.equal(nShared > 0, sharePrefix);
      dispose(together);
    }
    other.dispose();
  });

  test("rows that edits make different are not shared", async () => {
    const { model } = await open();
    const edits = [scale("blocks.0.hook_resid_post", 2, { position: -12 })];
    const together = await model.runAll(prompts, { edits }).all();
    for (const [i, prompt] of prompts.entries()) {
      const alone = await model.run(prompt, { edits });
      assert.deepEqual(await told(together[i] as Run), await told(alone), `prompt ${i}`);
      alone.dispose();
    }
    const [first, ...others] = together.map((run) => run.cost().sharedPrefixTokens);
    assert.equal(first, 0);
    assert.ok(
      others.every((nShared) => nShared <= 20 + 1 - 12),
      others.join(),
    );
    dispose(together);
  });

  test("generations have the same bits", async () => {
    const { model } = await open();
    const steering = Float32Array.from({ length: model.spec.dModel }, (_, i) => Math.cos(i));
    const edits = [add("blocks.1.hook_resid_post", steering, { position: "generated" })];
    const options = { edits, maxTokens: 4, ignoreEos: true, temperature: 1 };
    const together = await model.generateAll(prompts, { ...options, seed: 3 }).all();
    for (const [i, prompt] of prompts.entries()) {
      const alone = model.generate(prompt, { ...options, seed: 3 + i });
      for await (const _ of alone);
      const { run } = together[i] as Generation;
      assert.deepEqual(await told(run), await told(alone.run), `prompt ${i}`);
      dispose([run, alone.run]);
    }
  });

  test("what sequences cannot have in the same steps is refused by name, and nothing is left", async () => {
    const { model, backend } = await open();
    model.freeIdle();
    const before = backend.memory;
    const refused: readonly [EditRequest, RegExp][] = [
      [
        heads({ layer: 0, head: 0 }).edge(3, 1),
        /edits of values and experts.*got one of an attention map/,
      ],
      [scale("blocks.0.attn.hook_pattern", 0.5), /got one of an attention map/],
      [change("hook_embed", () => undefined), /edits\[0\].*got a function/],
      [zero("hook_embed", { position: -22 }), /^edits\[0\]/],
    ];
    for (const [edit, message] of refused) {
      const runs = model.runAll(prompts, { edits: [edit] });
      await assert.rejects(runs.all(), { code: "ERR_EDIT", message });
    }
    assert.throws(() => model.runAll(prompts, { edits: [zero("hook_nothing")] }), {
      code: "ERR_SITE_UNKNOWN",
    });
    assert.deepEqual(backend.memory, before);
  });
}
