import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { KernelManager } from "@jupyterlab/services";
import { startTestServer, type TestServer, until } from "../fixtures/server/testServer.ts";

const IDLE_MS = 400;
const kernelIds = async (host: TestServer): Promise<string[]> =>
  ((await (await host.fetch("/api/kernels")).json()) as { id: string }[]).map(({ id }) => id);

async function startKernel(host: TestServer): Promise<string> {
  const answer = await host.fetch("/api/kernels", {
    method: "POST",
    body: JSON.stringify({ name: "test" }),
  });
  return ((await answer.json()) as { id: string }).id;
}

test("an idle kernel is shut down, one that is busy or has a page is kept", async () => {
  const host = await startTestServer({ cull: { idleTimeoutMs: IDLE_MS, connected: false } });
  const kernels = new KernelManager({ serverSettings: host.settings });
  try {
    const watched = await kernels.startNew({ name: "test" });
    await watched.info;
    const alone = await startKernel(host);
    await until(
      "the kernel that nobody used to go",
      async () => !(await kernelIds(host)).includes(alone),
    );
    assert.deepEqual(await kernelIds(host), [watched.id]);
    assert.match(host.logged.join("\n"), new RegExp(`${alone}.*idle for .* shut down`));
    const file = join(host.folder, "go-on");
    const cell = watched.requestExecute({ code: `await kernel.made("${file}")` });
    await until("the cell to start", () => watched.status === "busy");
    watched.dispose();
    const later = await startKernel(host);
    await until(
      "one that was used later to go",
      async () => !(await kernelIds(host)).includes(later),
    );
    assert.deepEqual(await kernelIds(host), [watched.id], "busy, though no page is left");
    await writeFile(file, "");
    await cell.done.catch(() => undefined);
    await until("it to go when its cell is done", async () => (await kernelIds(host)).length === 0);
  } finally {
    kernels.dispose();
    await host.close();
  }
});

test("asked to, culling takes kernels that have a page; not asked at all, none", async () => {
  const culled = await startTestServer({ cull: { idleTimeoutMs: IDLE_MS, connected: true } });
  const kept = await startTestServer();
  const kernels = new KernelManager({ serverSettings: culled.settings });
  try {
    await startKernel(kept);
    const kernel = await kernels.startNew({ name: "test" });
    await kernel.info;
    await until("the kernel to go", async () => (await kernelIds(culled)).length === 0);
    assert.equal((await kernelIds(kept)).length, 1);
  } finally {
    kernels.dispose();
    await Promise.all([culled.close(), kept.close()]);
  }
});
