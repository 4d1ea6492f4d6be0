import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { attention, type Heads } from "./cases/attentionCases.ts";
import { CaseOnBackend } from "./runCase.ts";

const heads = { H: 4, K: 2, dKey: 8, dValue: 8 };

describe("attention over a long cache on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await createWebGpuBackend(await requireNodeAdapter());
  });
  after(() => backend.dispose());

  const dispatches = async (given: Pick<Heads, "T" | "start" | "window" | "selected">) => {
    const running = new CaseOnBackend(backend, attention({ ...heads, ...given }));
    const before = backend.dispatchCount;
    await running.run();
    running.free();
    return backend.dispatchCount - before;
  };

  test("is shared out by chunks of 256 keys and joined where the step has few tokens", async () => {
    assert.equal(await dispatches({ T: 1, start: 256 }), 2);
    assert.equal(await dispatches({ T: 4, start: 700 }), 2);
    assert.equal(await dispatches({ T: 1, start: 700, selected: 300 }), 2);
  });

  test("is taken at once where all keys are in one chunk, or tokens are many", async () => {
    assert.equal(await dispatches({ T: 1, start: 255 }), 1);
    assert.equal(await dispatches({ T: 5, start: 700 }), 1);
    assert.equal(await dispatches({ T: 1, start: 600, window: 50 }), 1);
    assert.equal(await dispatches({ T: 1, start: 700, selected: 200 }), 1);
  });
});
