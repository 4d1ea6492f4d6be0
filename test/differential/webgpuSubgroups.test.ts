import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { choiceOf } from "../../engine/backend/webgpu/products/productChoice.ts";
import { rowForm } from "../../engine/backend/webgpu/products/rowForm.ts";
import { subgroupsOf } from "../../engine/backend/webgpu/products/subgroups.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";
import { withSubgroupsOf } from "../fixtures/emulatedSubgroups.ts";
import { subgroupCases, subgroupProducts } from "../fixtures/subgroupProducts.ts";

/** Sizes that a driver which computes on the processor has, by the width of its vectors in bits. */
const REAL = { 128: 4, 256: 8, 512: 16 };
/** Of graphics processors: carried by workgroup memory here. */
const EMULATED = [4, 8, 32, 64, 128];

const SCRIPT = fileURLToPath(new URL("../fixtures/subgroupProductsAlone.ts", import.meta.url));

async function alone(bits: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT_FLAGS, SCRIPT], {
    timeout: 600_000, // turns a process that does not end into a failure
    env: { ...process.env, LP_NATIVE_VECTOR_WIDTH: bits },
  });
  return JSON.parse(stdout) as { sizes: number[]; digests: Record<string, string> };
}

describe("products that exchange numbers in subgroups", () => {
  let wanted: Record<string, string>;
  before(async () => {
    wanted = await subgroupProducts(requireNodeAdapter);
    assert.equal(Object.keys(wanted).length, 2 * subgroupCases.length);
    const [first, second] = [0, 1].map((choice) =>
      Object.entries(wanted).flatMap(([name, digest]) =>
        name.endsWith(`choice ${choice}`) ? [digest] : [],
      ),
    );
    assert.deepEqual(first, second, "both forms give the same bits");
  });

  for (const [bits, size] of Object.entries(REAL))
    test(`of ${size}, the driver's own: the same bits`, async () => {
      const { sizes, digests } = await alone(bits);
      assert.deepEqual(sizes, [size, size]);
      assert.deepEqual(digests, wanted);
    });

  for (const size of EMULATED)
    test(`of ${size}, over workgroup memory: the same bits`, async () => {
      const open = async () => {
        const found = await requireNodeAdapter();
        return { ...found, adapter: withSubgroupsOf(size, found.adapter) };
      };
      assert.deepEqual(await subgroupProducts(open), wanted);
    });

  test("an exchange with another invocation is noticed", async () => {
    const found = await requireNodeAdapter();
    // kernels for subgroups of 8, on subgroups of 4
    const adapter = withSubgroupsOf(4, found.adapter);
    Object.assign(adapter.info, { subgroupMinSize: 8 });
    await assert.rejects(
      subgroupProducts(async () => ({ ...found, adapter })),
      /NaN/,
    );
    found.release();
  });

  test("of less than 4 are left alone, and refused by name where they are asked for", async () => {
    const found = await requireNodeAdapter();
    const adapter = withSubgroupsOf(2, found.adapter);
    const refused = { code: "ERR_OPTION", message: /of 4 invocations or more, got .* have 2/ };
    await assert.rejects(
      createWebGpuBackend({ ...found, adapter, productStyle: "subgroups" }),
      refused,
    );
    const backend = await createWebGpuBackend({ ...found, adapter });
    assert.ok(
      [choiceOf("lanes"), choiceOf("workgroup")].some(({ one }) =>
        Object.is(JSON.stringify(one), JSON.stringify(backend.products.one)),
      ),
    );
    backend.dispose();
  });

  test("rows are joined in them only where they have room for all lanes and a number", async () => {
    const { adapter, languageFeatures, release } = await requireNodeAdapter();
    const { areNumbered } = subgroupsOf(adapter, languageFeatures);
    release();
    assert.ok(areNumbered);
    assert.equal(subgroupsOf(adapter).areNumbered, false);
    const uses = (k: number, least: number, numbered: boolean) =>
      rowForm({ unit: 4, k, n: 64, weights: ["w"], hasScales: false }, 4, 1, {
        least,
        areNumbered: numbered,
      }).subgroups;
    assert.equal(uses(4096, 32, true), "number");
    assert.equal(uses(4096, 16, true), "none");
    assert.equal(uses(512, 16, true), "number");
    assert.equal(uses(4096, 32, false), "none");
  });
});
