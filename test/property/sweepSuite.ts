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
  type HostArray,
  heads,
  type Model,
  patch,
  type SweepMetric,
  scale,
  shiftPositions,
  zero,
} from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { residualSite } from "../fixtures/layers.ts";
import { fixtureFolder, openModel, promptOf } from "../golden/openModel.ts";

/** What a cell of a sweep computes is what a run with its edits computes, whatever the edits. */
export function sweepSuite(backend: BackendName, folders: readonly string[], nRuns: number): void {
  for (const folder of folders)
    describe(`sweeps of ${folder} on ${backend}`, async () => {
      const { model } = await openModel(backend, fixtureFolder(folder));
      after(() => model.dispose());
      const ids = promptOf(folder).slice(0, 24);
      const other = await model.run(promptOf(folder).slice(12, 36), { capture: "**" });
      const ways = waysOf(model, other);

      for (const [name, { edits, isOfLayer = true }] of Object.entries(ways))
        test(`${name}: the bits of a run with the edits of each cell`, async () => {
          await fc.assert(
            fc.asyncProperty(
              fc.nat(ids.length - 1),
              fc.constantFrom(24, 7, 1),
              fc.nat(ids.length - 2),
              async (row, chunkSize, position) => {
                const swept = await sweptRows(model, ids, { row, chunkSize, position, edits });
                const rows = new Map<string, HostArray>(); // of runs, each once
                const compared = swept.filter(({ at }) => at === null || isCompared(at, row));
                for (const { at, data } of compared) {
                  const key = at && isOfLayer ? JSON.stringify(at) : `${at?.position}`;
                  if (!rows.has(key)) {
                    const options = { chunkSize, logits: [row], edits: at ? edits(at) : [] };
                    const run = await model.run(ids, options);
                    rows.set(key, run.logits.data);
                    run.dispose();
                  }
                  const what = `${JSON.stringify(at)} row ${row} in chunks of ${chunkSize}`;
                  assert.deepEqual(data, rows.get(key), what);
                }
              },
            ),
            { numRuns: nRuns },
          );
        });
    });
}

interface At {
  readonly layer: number;
  readonly position: number;
}

/** One position of each layer, and each position in every second layer: whole runs take longer than all cells of the sweep. */
const isCompared = ({ layer, position }: At, row: number): boolean =>
  (layer + position + row) % 2 === 0;

interface Way {
  readonly row: number;
  readonly chunkSize: number;
  readonly position: number;
  readonly edits: (at: At) => readonly EditRequest[];
}

/** The row of logits without edits, and that of each cell: all layers, two positions. */
async function sweptRows(
  model: Model,
  ids: readonly number[],
  { row, chunkSize, position, edits }: Way,
): Promise<{ readonly at: At | null; readonly data: HostArray }[]> {
  const rows: HostArray[] = [];
  const places: At[] = [];
  const metric: SweepMetric = Object.assign(
    (logits: HostArray) => {
      rows.push(logits.slice());
      return logits[0] as number;
    },
    { position: row },
  );
  await model.sweep(ids, {
    grid: {
      site: "blocks.{layer}.ln1.hook_normalized", // in every layer
      over: ["layer", "position"],
      positions: [position, position + 1],
    },
    edit: (at) => {
      places.push(at);
      return edits(at);
    },
    metric,
    chunkSize,
  });
  assert.equal(rows.length, places.length + 1);
  return rows.map((data, i) => ({ at: places[i - 1] ?? null, data }));
}

interface Edits {
  readonly edits: (at: At) => EditRequest[];
  /** Are they others in each layer? Default true. */
  readonly isOfLayer?: boolean;
}

/** Edits of every kind, in a layer and at a position. */
function waysOf(model: Model, other: Parameters<typeof patch>[1]): Readonly<Record<string, Edits>> {
  const { plan, sites } = editedModel(model.spec);
  const editable = sites.filter((site) => refusal(plan, site) === null).map(({ name }) => name);
  const { moeLayers, nExpertsPerToken } = model.record;
  const [aMoeLayer = 0] = moeLayers;
  const each = (edit: (site: string, at: At) => EditRequest) => (at: At) => {
    const inLayer = editable.filter((name) => name.startsWith(`blocks.${at.layer}.`));
    const values = inLayer.map((name) => sites.find((site) => site.name === name)?.needs.join());
    const distinct = inLayer.filter((_, i) => values.indexOf(values[i]) === i);
    return [edit(distinct[(7 * at.position + 3) % distinct.length] ?? "", at)];
  };
  return {
    patch: {
      edits: each((site, { position }) => patch(site, other, { from: [position], to: [position] })),
    },
    zero: { edits: each((site, { position }) => zero(site, { position })) },
    "scale everywhere": { edits: each((site) => scale(site, 0.5)) },
    "the embedding": {
      isOfLayer: false,
      edits: ({ position }) => [add("hook_embed", 0.5, { position })],
    },
    "the end": {
      isOfLayer: false,
      edits: ({ position }) => [
        scale("hook_logits", 0.5, { position }),
        ...(position % 2 === 0 ? [scale("ln_final.hook_normalized", 2, { position })] : []),
      ],
    },
    "two layers": {
      edits: ({ layer, position }) => [
        scale(residualSite(model.spec, layer, "mid"), 0.5, { position }),
        add(residualSite(model.spec, model.record.nLayers - 1, "post"), 0.25),
      ],
    },
    heads: {
      edits: ({ layer, position }) => [
        position % 3 === 0
          ? heads({ layer, head: 1 }).mask()
          : position % 3 === 1
            ? heads({ layer, head: 1 }).edge(position, position - 1)
            : heads({ layer, head: 1 }).temperature(2),
      ],
    },
    positions: { isOfLayer: false, edits: () => [shiftPositions(3)] },
    "a function": {
      edits: ({ layer, position }) => [
        change(residualSite(model.spec, layer, "mid"), ({ data }) => void data.reverse(), {
          position,
        }),
        scale(`blocks.${layer}.hook_mlp_out`, 0.5),
      ],
    },
    ...(moeLayers.length > 0 && {
      experts: {
        edits: ({ layer, position }) => {
          const at = { layer: moeLayers.includes(layer) ? layer : aMoeLayer };
          return position % 2 === 0
            ? [experts({ ...at, position }).bias(1, 0.5)]
            : [
                experts(at).count(Math.max(1, nExpertsPerToken - 1)),
                experts(at).weights("uniform"),
              ];
        },
      },
    }),
  };
}
