import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Arithmetic } from "../../engine/backend/backend.ts";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { loadModel } from "../../engine/index.node.ts";

describe("the arithmetic of a backend", () => {
  test("is exact unless the cpu backend is asked for another", async () => {
    const exact = await createCpuBackend();
    assert.equal(exact.info.arithmetic, "exact");
    exact.dispose();
    const { backend, reason } = await openBackend("auto", { arithmetic: "i16" });
    assert.equal(backend.info.arithmetic, "i16");
    assert.equal(reason, "auto: the arithmetic i16 is of the cpu alone");
    backend.dispose();
  });

  test("is refused by name where there is no such", async () => {
    for (const arithmetic of ["i8", "", 16])
      await assert.rejects(createCpuBackend({ arithmetic: arithmetic as Arithmetic }), {
        code: "ERR_OPTION",
        message: `arithmetic: expected exact or i16, got ${JSON.stringify(arithmetic)}. Leave it out for float32.`,
      });
  });

  test("is refused with a backend that has one alone", async () => {
    for (const choice of ["reference", "webgpu"] as const)
      await assert.rejects(openBackend(choice, { arithmetic: "i16" }), {
        code: "ERR_OPTION",
        message: `arithmetic: expected "exact"${choice === "webgpu" ? ' or "i8"' : ""} with the backend ${choice}, got "i16". Leave it out, or take the backend cpu.`,
      });
  });

  test("is the model's and that of its runs' records", async () => {
    const model = await loadModel("test/fixtures/gguf/llama_q8_0.gguf", {
      arithmetic: "i16",
      threads: 1,
    });
    const run = await model.run([1, 2, 3]);
    assert.equal(model.backend.arithmetic, "i16");
    assert.equal(run.record.backend.arithmetic, "i16");
    model.dispose();
  });
});
