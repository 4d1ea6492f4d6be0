import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { KernelManager } from "@jupyterlab/services";
import type { KernelModel } from "../../kernel/server/kernels/kernel.ts";
import { TestClock } from "../fixtures/server/testClock.ts";
import { startTestServer, type TestServer, testSpec } from "../fixtures/server/testServer.ts";
import { until } from "../fixtures/until.ts";

/** Far longer than the tests take: only the test's own clock gets there. */
const IDLE_MS = 24 * 3_600_000;

const models = async (host: TestServer): Promise<KernelModel[]> =>
  (await (await host.fetch("/api/kernels")).json()) as KernelModel[];
const ids = async (host: TestServer): Promise<string[]> => (await models(host)).map(({ id }) => id);

async function startKernel(host: TestServer): Promise<string> {
  const answer = await host.fetch("/api/kernels", {
    method: "POST",
    body: JSON.stringify({ name: "test" }),
  });
  return ((await answer.json()) as { id: string }).id;
}

const untilAll = (host: TestServer, what: string, holds: (model: KernelModel) => boolean) =>
  until(what, async () => (await models(host)).every(holds));
const untilIdle = (host: TestServer) =>
  untilAll(host, "all kernels to be idle", (model) => model.execution_state === "idle");

test("an idle kernel is shut down, one that is busy or has a page is kept", async () => {
  const clock = new TestClock();
  const cull = { idleTimeoutMs: IDLE_MS, connected: false, clock };
  const host = await startTestServer({ cull });
  const kernels = new KernelManager({ serverSettings: host.settings });
  try {
    const watched = await kernels.startNew({ name: "test" });
    await watched.info;
    const alone = await startKernel(host);
    await untilIdle(host);
    clock.lookAfter(IDLE_MS - 3_600_000);
    assert.equal((await ids(host)).length, 2, "not for so long yet");
    await until("the kernel that nobody used to go", async () => {
      clock.lookAfter(IDLE_MS);
      return !(await ids(host)).includes(alone);
    });
    assert.deepEqual(await ids(host), [watched.id]);
    assert.match(host.logged.join("\n"), new RegExp(`${alone}.*idle for .* shut down`));
    const file = join(host.folder, "go-on");
    const cell = watched.requestExecute({ code: `await kernel.made("${file}")` });
    await until("the cell to start", () => watched.status === "busy");
    watched.dispose();
    await untilAll(host, "the page to be gone", (model) => model.connections === 0);
    clock.lookAfter(IDLE_MS);
    assert.deepEqual(await ids(host), [watched.id], "busy, though no page is left");
    await writeFile(file, "");
    await cell.done.catch(() => undefined);
    await until("it to go when its cell is done", async () => {
      clock.lookAfter(IDLE_MS);
      return (await ids(host)).length === 0;
    });
  } finally {
    kernels.dispose();
    await host.close();
  }
  assert.equal(clock.intervalMs, null, "a server that stopped looks no more");
});

test("a kernel that takes long to start is kept, and its idle time counts from then on", async () => {
  const clock = new TestClock();
  const host = await startTestServer({
    cull: { idleTimeoutMs: IDLE_MS, connected: true, clock },
    kernelspecs: { test: testSpec("test", "--start-at", "start") },
  });
  try {
    const id = await startKernel(host);
    clock.lookAfter(1000 * IDLE_MS);
    assert.equal((await models(host))[0]?.execution_state, "starting");
    clock.lookAfter(1000 * IDLE_MS);
    assert.deepEqual(await ids(host), [id]);
    const beforeMs = Date.now();
    await writeFile(join(host.root, "start"), ""); // the kernel's own folder
    await untilIdle(host);
    const [model] = await models(host);
    assert.ok(Date.parse(model?.last_activity ?? "") >= beforeMs, model?.last_activity);
    await until("it to go", async () => {
      clock.lookAfter(IDLE_MS);
      return (await ids(host)).length === 0;
    });
  } finally {
    await host.close();
  }
});

test("asked to, culling takes kernels that have a page; not asked at all, none", async () => {
  const clock = new TestClock();
  const cull = { idleTimeoutMs: IDLE_MS, connected: true, clock };
  const culled = await startTestServer({ cull });
  const kernels = new KernelManager({ serverSettings: culled.settings });
  try {
    const kernel = await kernels.startNew({ name: "test" });
    await kernel.info;
    await until("the kernel to go", async () => {
      clock.lookAfter(IDLE_MS);
      return (await ids(culled)).length === 0;
    });
  } finally {
    kernels.dispose();
    await culled.close();
  }
});

test("by the system's own clock, a kernel that nobody uses goes, and stays where nobody asked", async () => {
  const culled = await startTestServer({ cull: { idleTimeoutMs: 1, connected: false } });
  const kept = await startTestServer();
  try {
    await Promise.all([startKernel(kept), startKernel(culled)]);
    await untilIdle(kept);
    await until("the kernel to go", async () => (await ids(culled)).length === 0);
    assert.match(culled.logged.join("\n"), /idle for .* shut down/);
    assert.equal((await ids(kept)).length, 1);
  } finally {
    await Promise.all([culled.close(), kept.close()]);
  }
});
