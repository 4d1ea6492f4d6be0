import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Kernel, KernelManager, KernelMessage } from "@jupyterlab/services";
import { kernelSpec } from "../../kernel/install/kernelspec.ts";
import { parseKernelSpec } from "../../kernel/server/kernels/kernelSpecs.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { startTestServer } from "../fixtures/server/testServer.ts";

/** Cells are forgotten after every 200 of them, so that a multiple of that later as many are left. */
const PERIOD = 200;
/** How far into a period they are counted. */
const INTO_PERIOD = 20;
/** Trees that come and go: those of the last few cells may still be in use. A period of cells is far more. */
const IN_USE = 10;

/** Counts the syntax trees that live in the kernel after a collection: every cell that it keeps has one. */
const COUNT = `{
  const { queryObjects } = await import("node:v8");
  const { objectAllocator } = (await import("typescript")).default as any;
  console.log("trees", queryObjects(objectAllocator.getSourceFileConstructor(), { format: "count" }));
}`;

async function run(kernel: Kernel.IKernelConnection, code: string): Promise<string> {
  let text = "";
  const future = kernel.requestExecute({ code });
  future.onIOPub = (message) => {
    if (KernelMessage.isStreamMsg(message)) text += message.content.text;
  };
  assert.equal((await future.done).content.status, "ok", code);
  return text;
}

test("a kernel holds no more syntax trees after 420 cells than after 220", async (t) => {
  const spec = parseKernelSpec(JSON.stringify(kernelSpec(inRepository("dist", "kernel.js"))), "");
  const host = await startTestServer({ kernelspecs: { vitrine: spec } });
  const manager = new KernelManager({ serverSettings: host.settings });
  try {
    await symlink(inRepository("node_modules"), join(host.root, "node_modules"), "junction");
    const kernel = await manager.startNew({ name: "vitrine" });
    let cells = 0;
    const treesAfter = async (until: number): Promise<number> => {
      for (; cells < until - 1; cells++)
        await run(kernel, `let x${cells % 50} = ${cells}; x${cells % 50}`);
      cells++;
      const trees = /^trees (\d+)$/m.exec(await run(kernel, COUNT))?.[1];
      t.diagnostic(`${trees} syntax trees after ${cells} cells`);
      return Number(trees);
    };
    await treesAfter(1); // the first imports make the kernel forget too
    const before = await treesAfter(PERIOD + INTO_PERIOD);
    const after = await treesAfter(2 * PERIOD + INTO_PERIOD);
    assert.ok(before > 0 && after <= before + IN_USE, `${before} syntax trees, then ${after}`);
  } finally {
    manager.dispose();
    await host.close();
  }
});
