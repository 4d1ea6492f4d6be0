import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { adapterName, describeAdapter } from "../../engine/backend/webgpu/adapter.ts";
import {
  requestNodeAdapter,
  requireNodeAdapter,
} from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";

const NO_SUCH_ADAPTER = { flags: ["adapter=no adapter has this name"] };

describe("the adapter", () => {
  test("describes itself with the limits the engine raises", async () => {
    const { adapter, release } = await requireNodeAdapter();
    const description = describeAdapter(adapter);
    release();
    assert.ok(adapterName(description).length > 0);
    assert.ok(description.limits.maxStorageBufferBindingSize >= 128 * 2 ** 20);
    assert.ok(description.limits.maxBufferSize >= 2 ** 28);
    assert.ok(description.features.length > 0);
  });

  test("is software exactly if the processor renders", async () => {
    const { adapter, release } = await requireNodeAdapter();
    const description = describeAdapter(adapter);
    release();
    const words = `${description.architecture} ${description.device} ${description.description}`;
    assert.equal(
      description.software,
      description.isFallback || /llvmpipe|swiftshader/i.test(words),
    );
  });

  test("that does not exist is null, or an error that says how to get one", async () => {
    const required = process.env.REQUIRE_GPU;
    try {
      process.env.REQUIRE_GPU = "0";
      assert.equal(await requestNodeAdapter(NO_SUCH_ADAPTER), null);
      process.env.REQUIRE_GPU = "1";
      await assert.rejects(requestNodeAdapter(NO_SUCH_ADAPTER), { code: "ERR_NO_ADAPTER" });
    } finally {
      if (required === undefined) delete process.env.REQUIRE_GPU;
      else process.env.REQUIRE_GPU = required;
    }
    await assert.rejects(requireNodeAdapter(NO_SUCH_ADAPTER), {
      code: "ERR_NO_ADAPTER",
      message: /backend "cpu"/,
    });
  });

  test("lets the process end after dispose", async () => {
    const script = fileURLToPath(new URL("../fixtures/webgpuThenEnd.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT_FLAGS, script], {
      timeout: 600_000, // turns a process that does not end into a failure
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    });
    assert.equal(stdout, "3,5,7");
  });
});
