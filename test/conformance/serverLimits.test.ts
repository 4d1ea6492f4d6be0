import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

const MIB = 2 ** 20;

let host: TestServer;
before(async () => {
  host = await startTestServer();
});
after(() => host.close());

async function ask(method: string, path: string, body: unknown): Promise<Response> {
  return await host.fetch(path, { method, body: JSON.stringify(body) });
}

async function refusal(response: Response): Promise<string> {
  assert.equal(response.status, 413);
  return ((await response.json()) as { message: string }).message;
}

test("a request that names things is short", async () => {
  const long = "x".repeat(64 * 1024);
  for (const [method, path] of [
    ["POST", "api/sessions"],
    ["POST", "api/kernels"],
    ["POST", "api/contents"],
    ["PATCH", "api/contents/a.txt"],
  ] as const)
    assert.match(
      await refusal(await ask(method, path, { path: long })),
      /^request body: expected at most 64 KiB, got more/,
    );
});

test("a body that does not say how long it is has the same limit", async () => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.alloc(MIB / 16, " "));
      if (++sent === 20) controller.close();
    },
  });
  const path = "lab/api/workspaces/long";
  const init = { method: "PUT", body, duplex: "half" } as RequestInit;
  assert.match(await refusal(await host.fetch(path, init)), /expected at most 1024 KiB/);
});

test("settings, workspaces and configuration are kept up to a MiB, and a section does not grow beyond two", async () => {
  const long = "x".repeat(MIB - 1024);
  const workspace = "lab/api/workspaces/w";
  assert.equal((await ask("PUT", workspace, { data: { long } })).status, 204);
  for (const path of [workspace, "api/config/section", "lab/api/settings/@test/plugin:main"])
    assert.match(
      await refusal(await ask("PUT", path, { raw: "x".repeat(MIB) })),
      /expected at most 1024 KiB/,
    );
  const section = "api/config/section";
  assert.equal((await ask("PATCH", section, { a: long })).status, 200);
  assert.equal((await ask("PATCH", section, { b: long })).status, 200);
  assert.match(
    await refusal(await ask("PATCH", section, { c: long })),
    /^save section: expected at most 2 Mi characters/,
  );
  const kept = (await (await host.fetch(section)).json()) as object;
  assert.deepEqual(Object.keys(kept), ["a", "b"]);
  const listed = (await (await host.fetch("lab/api/workspaces/")).json()) as {
    workspaces: { ids: string[]; values: { data: { long: string } }[] };
  };
  assert.deepEqual(listed.workspaces.ids, ["w"]);
  assert.equal(listed.workspaces.values[0]?.data.long, long);
});
