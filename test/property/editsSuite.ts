import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { editedModel } from "../../engine/act/editedModel.ts";
import { refusal } from "../../engine/act/editTarget.ts";
import type { BackendName } from "../../engine/backend/backend.ts";
import {
  add,
  change,
  type EditRequest,
  experts,
  heads,
  type Model,
  patch,
  type Run,
  replace,
  scale,
  zero,
} from "../../engine/index.ts";
import type { LayerSpec } from "../../engine/model/spec.ts";
import { attentionForm, uniformForm } from "../../engine/plan/attentionForm.ts";
import type { Site } from "../../engine/plan/sites/site.ts";
import fc from "../fixtures/fastCheck.ts";
import { hasMla } from "../fixtures/layers.ts";
import { assertSameBits } from "../golden/compare.ts";
import { fixtureFolder, openModel, promptOf } from "../golden/openModel.ts";

/** What holds for edits of every kind, of each architecture. */
export function editsSuite(backend: BackendName, folders: readonly string[], nRuns: number): void {
  for (const folder of folders)
    describe(`edits of ${folder} on ${backend}`, async () => {
      const { model } = await openModel(backend, fixtureFolder(folder));
      after(() => model.dispose());
      const ids = promptOf(folder).slice(0, 9);
      const plain = await model.run(ids, { capture: "**" });
      const editable = editableSites(model);

      test("those that change nothing change no bit of any site", async () => {
        const neutral: Record<string, readonly EditRequest[]> = {
          none: [],
          scale: editable.map((site) => scale(site, 1)),
          add: editable.map((site) => add(site, 0)),
          "patch from itself": editable.map((site) => patch(site, plain)),
          choices: neutralChoices(model),
          "a function that looks": editable
            .filter((site) => !isMap(site))
            .map((site) => change(site, () => undefined)),
        };
        for (const [name, edits] of Object.entries(neutral)) {
          const run = await model.run(ids, { capture: "**", edits });
          await assertSameRows(run, plain, name, () => ids.length);
          run.dispose();
        }
      });

      test("a layer's change no bit before it, and at no earlier position", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...editable),
            fc.nat(ids.length - 1),
            fc.boolean(),
            async (site, position, isZero) => {
              const edit = isZero ? zero(site, { position }) : replace(site, 0.7, { position });
              const run = await model.run(ids, { capture: "**", edits: [edit] });
              const order = run.sites().map(({ name }) => name);
              const first = order.indexOf(site);
              const layer = layerOf(site);
              await assertSameRows(run, plain, `${edit.kind} ${site} at ${position}`, (name) =>
                order.indexOf(name) < first && layerOf(name) < layer ? ids.length : position,
              );
              run.dispose();
            },
          ),
          { numRuns: nRuns },
        );
      });

      test("those of different numbers may come in any order", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.shuffledSubarray(editable, { minLength: 2, maxLength: 4 }),
            fc.nat(ids.length - 1),
            async (sites, position) => {
              const edits = sites.map((site, i) =>
                i % 2 === 0 ? scale(site, 0.5, { position }) : add(site, 0.25, { position }),
              );
              const distinct = edits.filter(
                (_, i) => !sites.slice(0, i).some((other) => sameNumbers(model, other, sites[i])),
              );
              const run = await model.run(ids, { capture: "**", edits: distinct });
              const turned = await model.run(ids, { capture: "**", edits: distinct.toReversed() });
              await assertSameRows(turned, run, sites.join(), () => ids.length);
              run.dispose();
              turned.dispose();
            },
          ),
          { numRuns: nRuns },
        );
      });

      test("of maps change no bit in a long prompt either, whatever the form of attention", async () => {
        const all = promptOf(folder);
        const long = hasMla(model.spec) ? [...all, ...all.slice(0, 24)] : all.slice(0, 20);
        const isSparse = ({ attention }: LayerSpec) =>
          attention.kind === "mla" && attention.indexer !== null;
        if (!model.spec.layers.some(isSparse))
          assert.equal(attentionForm(model.spec, long.length), uniformForm(model.spec, "expanded"));
        const maps = editable.filter((site) => /hook_(pattern|attn_scores)$/.test(site));
        const whole = await model.run(long, { capture: "**" });
        const same = maps.flatMap((site) => [scale(site, 1), patch(site, whole, { after: true })]);
        const run = await model.run(long, { capture: "**", edits: same });
        await assertSameRows(run, whole, "in a long prompt", () => long.length);
        whole.dispose();
        run.dispose();
      });

      test("are the same in a replay, and in every chunk", async () => {
        const [site = ""] = editable.filter((name) => name.endsWith("hook_attn_out"));
        const edits = [
          scale(site, 0.5, { position: [2, 6] }),
          heads({ layer: 1, head: 1 }).edge(5, 2),
        ];
        const captured = await model.run(ids, { capture: "**", edits });
        const replayed = await model.run(ids, { edits });
        await assertSameRows(replayed, captured, "replayed", () => ids.length);
        const pattern = await captured.get("blocks.1.attn.hook_pattern", { head: 1 });
        assert.equal(pattern.at(5, 2), 0);
        if (!hasMla(model.spec)) {
          const chunked = await model.run(ids, { capture: "**", edits, chunkSize: 4 });
          await assertSameRows(chunked, captured, "in chunks", () => ids.length);
          chunked.dispose();
        }
        captured.dispose();
        replayed.dispose();
      });
    });
}

export function editableSites(model: Model): string[] {
  const { plan, sites } = editedModel(model.spec);
  const editable = sites.filter((site) => refusal(plan, site) === null);
  const values = editable.map(numbersOf);
  return editable // one name for numbers that have two
    .filter((_, i) => values.indexOf(values[i] ?? "") === i)
    .map(({ name }) => name);
}

function sameNumbers(model: Model, a: string, b: string | undefined): boolean {
  const { sites } = editedModel(model.spec);
  const [of, other] = [a, b].map((name) => sites.find((site) => site.name === name));
  return of !== undefined && other !== undefined && numbersOf(of) === numbersOf(other);
}

/** Scores and pattern are made of the same values, and are not the same numbers. */
const numbersOf = ({ needs, source }: Site): string => [source.kind, ...needs].join();

function neutralChoices({ record, spec }: Model): EditRequest[] {
  return [
    ...record.moeLayers.map((layer) => experts({ layer }).bias(1, 0)),
    ...spec.layers.flatMap(({ feedForward }, layer) =>
      feedForward.kind === "moe" ? experts({ layer }).count(feedForward.nExpertsPerToken) : [],
    ),
    ...Array.from({ length: record.nLayers }, (_, layer) =>
      heads({ layer, head: 0 }).temperature(1),
    ),
  ];
}

const layerOf = (site: string): number => {
  const [, layer] = /^blocks\.(\d+)\./.exec(site) ?? [];
  if (layer !== undefined) return Number(layer);
  return site === "hook_embed" ? -1 : Number.POSITIVE_INFINITY;
};

/** Every site has the bits of the other run's in its first rows. @param nRows by site, from position 0 */
export async function assertSameRows(
  run: Run,
  other: Run,
  what: string,
  nRows: (site: string) => number,
): Promise<void> {
  for (const { name, dims } of run.sites()) {
    if (name.startsWith("mtp.")) continue; // its last row follows from the logits
    const count = nRows(name);
    if (count === 0) continue;
    const rows = dims[0] === "T" ? { token: [0, count] } : { query: [0, count] };
    const [a, b] = await Promise.all([run, other].map((each) => each.get(name, rows as object)));
    assert.ok(a !== undefined && b !== undefined);
    assertSameBits(a, b, `${what}: ${name}`);
  }
}

const isMap = (site: string): boolean => /hook_(pattern|attn_scores)$/.test(site);
