import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { type AdapterDescription, describeAdapter } from "../../engine/backend/webgpu/adapter.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import {
  CANDIDATES,
  choiceOf,
  type ProductChoice,
  sameForm,
} from "../../engine/backend/webgpu/products/productChoice.ts";
import { tuneProducts } from "../../engine/backend/webgpu/tune/tuneProducts.ts";
import {
  readTuning,
  tuningsFile,
  writeTuning,
} from "../../engine/backend/webgpu/tune/tunings.node.ts";
import { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";

/** Few, since each has shaders to compile. */
const TRIED = {
  one: CANDIDATES.one.slice(0, 2),
  few: CANDIDATES.few.slice(0, 2),
  many: [choiceOf("workgroup").many, ...CANDIDATES.many.filter(({ form }) => form === "lanes")],
};

const CHOICE = {
  one: { form: "rows", rowsEach: 2, columns: 1 },
  few: { form: "rows", rowsEach: 4, columns: 8 },
  many: { form: "tile", across: 16, along: 16, rowsEach: 4, columnsEach: 4 },
} as const satisfies ProductChoice;

describe("tuning of matrix products", () => {
  let adapter: AdapterDescription;
  const cacheHome = process.env.XDG_CACHE_HOME;
  before(async () => {
    // Mesa's shaders stay where they are: they are written from threads of its own, into a folder that the test removes.
    process.env.MESA_SHADER_CACHE_DIR ??= cacheHome ?? join(homedir(), ".cache");
    const found = await requireNodeAdapter();
    adapter = describeAdapter(found.adapter);
    found.release();
  });
  beforeEach(async () => {
    process.env.XDG_CACHE_HOME = await mkdtemp(join(tmpdir(), "vitrine-tuning-"));
  });
  afterEach(async () => {
    await rm(process.env.XDG_CACHE_HOME ?? "", { recursive: true, force: true });
    if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheHome;
  });

  test("chooses the fastest of the forms that it measured, or leaves what is as fast", async () => {
    const untuned = choiceOf("workgroup");
    const opened: WebGpuBackend[] = [];
    const { products, measured } = await tuneProducts({
      ...{ untuned, subgroups: false, size: 64, rounds: 3, candidates: TRIED },
      open: async (given) => {
        const backend = await createWebGpuBackend({
          ...(await requireNodeAdapter()),
          products: given,
        });
        opened.push(backend);
        return backend;
      },
    });
    for (const columns of ["one", "few", "many"] as const) {
      const own = measured.filter((form) => form.columns === columns);
      assert.equal(own.length, columns === "many" ? 3 : 2, "without subgroups");
      const timeOf = (wanted: ProductChoice[typeof columns]) =>
        own.find(({ choice }) => sameForm(choice, wanted))?.timeNs ?? Number.NaN;
      const least = Math.min(...own.map(({ timeNs }) => timeNs));
      const [chosen, before] = [timeOf(products[columns]), timeOf(untuned[columns])];
      assert.ok(chosen > 0, `${columns}: ${chosen} ns`);
      if (chosen !== before) assert.equal(chosen, least);
      else assert.ok(least >= 0.97 * before, `${columns}: ${least} of ${before} ns`);
    }
    for (const backend of opened) assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
  });

  test("is kept for the adapter, and used by whoever opens it", async () => {
    assert.equal(await readTuning(adapter), null);
    await writeTuning({ ...adapter, description: "another driver" }, choiceOf("lanes"));
    assert.equal(await readTuning(adapter), null);
    await writeTuning(adapter, CHOICE);
    assert.deepEqual(await readTuning(adapter), CHOICE);
    const { backend } = await openBackend("webgpu");
    assert.ok(backend instanceof WebGpuBackend);
    assert.deepEqual(backend.products, CHOICE);
    backend.dispose();
    assert.equal(Object.keys(JSON.parse(readFileSync(tuningsFile(), "utf8"))).length, 2);
  });

  test("that cannot be read is refused by the name of its file", async () => {
    const given = [
      "{",
      "[]",
      JSON.stringify({ [keyIn(adapter)]: { ...CHOICE, many: CHOICE.one } }),
    ];
    for (const text of given) {
      mkdirSync(dirname(tuningsFile()), { recursive: true });
      writeFileSync(tuningsFile(), text);
      const refused = { code: "ERR_TUNING", message: /tunings\.json: expected .*, got .*Delete/s };
      await assert.rejects(readTuning(adapter), refused, text);
      await assert.rejects(openBackend("webgpu"), refused, text);
    }
    assert.ok(existsSync(tuningsFile()));
  });

  test("takes forms that the adapter cannot carry out for none", async () => {
    const found = await requireNodeAdapter();
    const { info, limits } = found.adapter;
    const without = { features: new Set<string>(), info, limits } as unknown as GPUAdapter;
    const products = choiceOf("subgroups");
    const refused = { code: "ERR_OPTION", message: /products as vitrine tune chooses them/ };
    await assert.rejects(createWebGpuBackend({ adapter: without, products }), refused);
    const none = { ...CHOICE, one: { form: "rows", rowsEach: 3, columns: 1 } } as ProductChoice;
    await assert.rejects(createWebGpuBackend({ ...found, products: none }), refused);
    found.release();
  });
});

function keyIn({ vendor, architecture, device, description }: AdapterDescription): string {
  return [vendor, architecture, device, description].join(" / ");
}
