import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Model } from "../../engine/model.ts";
import { fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

/** Kind, layer and value of each operator as it decodes. */
function planned(model: Model): string[] {
  return model.plan.ops.map(({ operator, layer, outputs }) =>
    [operator.kind, layer, outputs[0]].join(),
  );
}

for (const backendName of ["reference", "cpu", "webgpu"] as const)
  for (const fixture of ["qwen3_moe", MIXED])
    describe(`times of operators of ${fixture} on ${backendName}`, () => {
      test("are there for every operator of a run that is measured, whose bits are those of any other", async () => {
        const { model } = await openModel(backendName, fixtureFolder(fixture));
        const ids = promptOf(fixture);
        const plain = await model.run(ids, { logits: "all", chunkSize: 16 });
        assert.throws(() => plain.profile(), { code: "ERR_NOT_KEPT", message: /profile: true/ });
        const run = await model.run(ids, { logits: "all", chunkSize: 16, profile: true });
        assert.deepEqual(run.logits.data, plain.logits.data);
        const rows = run.profile();
        for (const { phase, calls, timeNs, name } of rows) {
          assert.equal(phase, "prefill");
          assert.ok(calls >= 1 && calls <= Math.ceil(ids.length / 16), `${name}: ${calls} calls`);
          assert.ok(timeNs >= 0 && timeNs < Number.POSITIVE_INFINITY, `${name}: ${timeNs} ns`);
        }
        assert.ok(rows.some(({ timeNs }) => timeNs > 0));
        const layers = new Set(rows.map(({ layer }) => layer));
        assert.deepEqual(layers, new Set(model.plan.ops.map(({ layer }) => layer)));
        model.dispose();
      });

      test("are those of prefill and of decoding apart", async () => {
        const { model } = await openModel(backendName, fixtureFolder(fixture));
        const options = { temperature: 0, ignoreEos: true, stop: [], maxTokens: 5 };
        const plain = model.generate(promptOf(fixture), options);
        const generation = model.generate(promptOf(fixture), { ...options, profile: true });
        const texts = [];
        for (const each of [plain, generation]) {
          const ids = [];
          for await (const { id } of each) ids.push(id);
          texts.push(ids);
        }
        assert.deepEqual(texts[1], texts[0]);
        const rows = generation.run.profile();
        const decode = rows.filter(({ phase }) => phase === "decode");
        assert.deepEqual(
          decode.map(({ kind, layer, name }) => [kind, layer, name].join()),
          [...new Set(planned(model))],
        );
        const embed = decode.filter(({ kind }) => kind === "embed");
        assert.deepEqual(
          embed.map(({ calls }) => calls),
          [options.maxTokens],
        );
        model.dispose();
      });
    });

test("steps that a function takes part in are measured whole", async () => {
  const { model } = await openModel("cpu", fixtureFolder(MIXED));
  const { change } = await import("../../engine/act/edits.ts");
  const run = await model.run(promptOf(MIXED), {
    edits: [change("blocks.1.hook_resid_post", (value) => value)],
    profile: true,
  });
  const kinds = new Set(run.profile().map(({ kind }) => kind));
  for (const { operator } of model.plan.ops) assert.ok(kinds.has(operator.kind), operator.kind);
  for (const { timeNs, name } of run.profile()) assert.ok(timeNs >= 0, name);
  model.dispose();
});

test("sequences of a batch are not measured: the option is refused by name", async () => {
  const { model } = await openModel("cpu", fixtureFolder(MIXED));
  const asked = { profile: true } as object;
  assert.throws(() => model.runAll([promptOf(MIXED)], asked), { message: /got "profile"/ });
  assert.throws(() => model.generateAll([promptOf(MIXED)], asked), { message: /got "profile"/ });
  await assert.rejects(model.run(promptOf(MIXED), { profile: 1 as never }), {
    code: "ERR_OPTION",
    message: /^run profile: expected true or false/,
  });
  model.dispose();
});
