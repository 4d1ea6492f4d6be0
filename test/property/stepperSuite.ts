import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { heads, type Run, type Stepper, type StepUnit, scale } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { hasMla, residualSite } from "../fixtures/layers.ts";
import { assertSameBits } from "../golden/compare.ts";
import { fixtureFolder, openModel, promptOf } from "../golden/openModel.ts";

type Way = "next" | "back";

/** A stepper that is moved about anywhere has the bits of an unbroken run, of each architecture. */
export function stepperSuite(
  backend: BackendName,
  folders: readonly string[],
  nRuns: number,
): void {
  for (const folder of folders)
    describe(`a stepper through ${folder} on ${backend}`, async () => {
      const { model } = await openModel(backend, fixtureFolder(folder));
      after(() => model.dispose());
      const ids = promptOf(folder).slice(0, 9);
      const plain = await model.run(ids, { capture: "**", logits: "all" });
      const edits = [scale("blocks.0.hook_attn_out", 0.5), heads({ layer: 1, head: 1 }).edge(5, 2)];
      const editedRuns: Promise<Run>[] = [];
      const edited = (): Promise<Run> => {
        editedRuns[0] ??= model.run(ids, { capture: "**", edits });
        return editedRuns[0];
      };

      test("shows its values wherever it is moved, and finishes as that", async () => {
        await fc.assert(
          fc.asyncProperty(moves, fc.boolean(), async (list, isEdited) => {
            const options = isEdited ? { edits } : {};
            const whole = isEdited ? await edited() : plain;
            const stepper = await model.step(ids, options);
            for (const [way, unit] of list) {
              const { executed: before, of: all } = stepper.place;
              if (way === "next" && unit === "token" && before === all) continue; // would append one
              const { executed, of } = await stepper[way](unit);
              assert.ok(executed >= 0 && executed <= of);
              await assertSeen(stepper, whole, 0);
            }
            const run = await stepper.finish();
            await assertSameRun(run, whole);
            run.dispose();
          }),
          { numRuns: nRuns },
        );
      });

      test("goes over the tokens one by one, there and back, and appends the likeliest", async () => {
        const tokensPerStep = hasMla(model.spec) ? ids.length : 4;
        const generation = model.generate(ids, { maxTokens: 3, ignoreEos: true, capture: "**" });
        for await (const _ of generation);
        const { run: whole } = generation;
        const stepper = await model.step(ids, { tokensPerStep, maxTokens: 3 });
        const steps = Math.ceil(ids.length / tokensPerStep) + 3;
        for (let i = 0; i < steps; i++) {
          await stepper.next("token");
          await assertSeen(stepper, whole, stepper.place.start);
          if (i === 2) {
            await stepper.back("token");
            await stepper.back("operator");
            await stepper.back("layer");
            await stepper.next("token");
            await stepper.next("token");
          }
        }
        assert.deepEqual(
          stepper.tokens.map(({ id }) => id).slice(0, whole.tokens.length),
          whole.tokens.map(({ id }) => id),
        );
        const run = await stepper.finish();
        await assertSameRun(run, whole);
        run.dispose();
        whole.dispose();
      });

      test("branches into two futures, and goes on from what is written", async () => {
        const site = residualSite(model.spec, model.spec.nLayers - 1, "mid");
        const stepper = await model.step(ids);
        await stepper.runTo(site);
        const other = await stepper.branch();
        const numbers = await other.value(site);
        await other.set(site, 0.25, { position: [2, 4] });
        assertSameBits(await stepper.value(site), numbers, "the other's past");
        const [a, b] = [await stepper.finish(), await other.finish()];
        await assertSameRun(a, plain);
        assert.equal(a.edits.length, 0);
        assert.deepEqual(
          b.edits.map(({ edit, positions }) => [edit.kind, positions]),
          [["replace", [2, 4]]],
        );
        const again = await model.run(ids, {
          edits: b.edits.map(({ edit }) => edit as never),
          capture: "**",
        });
        await assertSameRun(b, again);
        for (const run of [a, b, again]) run.dispose();
      });
    });
}

const moves = fc.array(
  fc.tuple(
    fc.constantFrom<Way>("next", "next", "back"),
    fc.constantFrom<StepUnit>("operator", "layer", "token"),
  ),
  { minLength: 3, maxLength: 8 },
);

/** Every site that is there has the bits of the run's rows. */
async function assertSeen(stepper: Stepper, whole: Run, start: number): Promise<void> {
  const { executed, operators, end } = { ...stepper.place, operators: stepper.operators };
  const there = operators.slice(0, executed).flatMap(({ sites }) => sites);
  for (const site of there.slice(-4)) {
    const value = await stepper.value(site);
    const rows = {
      [value.dims[0] === "T" ? "token" : "query"]: [start, end],
      ...(value.dims.includes("S") && { key: [0, end] }),
    };
    assertSameBits(
      value,
      await whole.get(site, rows as object),
      `${site} after ${executed} operators`,
    );
  }
}

async function assertSameRun(run: Run, whole: Run): Promise<void> {
  assert.deepEqual(
    run.tokens.map(({ id, logprob }) => [id, logprob]),
    whole.tokens.map(({ id, logprob }) => [id, logprob]),
  );
  for (const { name } of whole.sites())
    if (!name.startsWith("mtp."))
      assertSameBits(await run.get(name), await whole.get(name), `finished: ${name}`);
}
