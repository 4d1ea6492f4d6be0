import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SettingManager, WorkspaceManager } from "@jupyterlab/services";
import { SCHEMA_ID, startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

let host: TestServer;
let settings: SettingManager;
let workspaces: WorkspaceManager;

before(async () => {
  host = await startTestServer({ defaultUrl: "/lab/tree/notebooks/first%20look.ipynb" });
  const serverSettings = { ...host.settings, appUrl: "/lab" };
  settings = new SettingManager({ serverSettings });
  workspaces = new WorkspaceManager({ serverSettings });
});
after(() => host.close());

test("the address to open carries the default document and the token", async () => {
  assert.equal(
    host.server.url,
    `${host.server.baseUrl}lab/tree/notebooks/first%20look.ipynb?token=${host.server.token}`,
  );
  const page = await host.fetch("lab/workspaces/mine/tree/notebooks/first%20look.ipynb");
  const config = JSON.parse(/application\/json">([^<]+)</.exec(await page.text())?.[1] ?? "");
  assert.equal(config.workspace, "mine");
  assert.equal(config.treePath, "notebooks/first look.ipynb");
});

test("a plugin's defaults are its schema's, changed by this package's overrides", async () => {
  const model = await settings.fetch(SCHEMA_ID);
  assert.equal(model?.raw, "{}");
  const properties = model?.schema.properties as Record<string, { default: unknown }>;
  assert.equal(properties.size?.default, 7);
  assert.deepEqual(properties.map?.default, { a: 1, b: 3 });
  assert.deepEqual((await settings.list("ids")).ids, [SCHEMA_ID]);
  assert.equal((await settings.list()).values[0]?.version, "1.2.3");
});

test("settings keep their comments, on disk too, and survive the server", async () => {
  const raw = '{\n  // bigger\n  "size": 3,\n}';
  await settings.save(SCHEMA_ID, raw);
  assert.equal((await settings.fetch(SCHEMA_ID))?.raw, raw);
  const file = join(
    host.folder,
    "config",
    "settings",
    "@test",
    "plugin",
    "main.jupyterlab-settings",
  );
  assert.equal(await readFile(file, "utf8"), raw);
  const answer = await (await host.fetch(`lab/api/settings/${SCHEMA_ID}`)).json();
  assert.deepEqual((answer as { settings: unknown }).settings, { size: 3 });
});

test("settings that the schema forbids, or that are no JSON, are refused", async () => {
  const put = async (raw: unknown, id = SCHEMA_ID) => {
    const response = await host.fetch(`lab/api/settings/${id}`, {
      method: "PUT",
      body: JSON.stringify({ raw }),
    });
    return `${response.status} ${response.status === 204 ? "" : ((await response.json()) as { message: string }).message}`;
  };
  assert.match(await put('{"size": "big"}'), /^400 .*\/size that must be number/);
  assert.match(await put("{size}"), /^400 .*expected a JSON object/);
  assert.match(await put(5), /^400 /);
  assert.match(await put("{}", "@test/plugin:none"), /^404 /);
  assert.match(await put("{}", "..%2f..%2fescape"), /^404 /);
});

test("workspaces are kept by name", async () => {
  const data = { "layout-restorer:data": { main: { current: "x" } } };
  const weird = "b c-ü+";
  for (const id of ["default", weird]) await workspaces.save(id, { data, metadata: { id } });
  assert.deepEqual((await workspaces.fetch("default")).data, data);
  assert.deepEqual((await workspaces.list()).ids.sort(), [weird, "default"]);
  await workspaces.remove(weird);
  assert.deepEqual((await workspaces.list()).ids, ["default"]);
  assert.deepEqual((await workspaces.fetch("new")).data, {});
});

test("configuration sections merge, and null takes a member away", async () => {
  const patch = (body: unknown) =>
    host.fetch("api/config/notebook", { method: "PATCH", body: JSON.stringify(body) });
  await patch({ a: { b: 1, c: 2 }, d: 3 });
  assert.deepEqual(await (await patch({ a: { b: null, e: 4 } })).json(), {
    a: { c: 2, e: 4 },
    d: 3,
  });
  assert.deepEqual(await (await host.fetch("api/config/notebook")).json(), {
    a: { c: 2, e: 4 },
    d: 3,
  });
  assert.deepEqual(await (await host.fetch("api/config/other")).json(), {});
});

test("identity, status, translations and converters have Jupyter's shapes", async () => {
  const get = async (path: string) =>
    (await (await host.fetch(path)).json()) as Record<string, unknown>;
  assert.deepEqual(Object.keys(await get("api/status")).sort(), [
    "connections",
    "kernels",
    "last_activity",
    "started",
  ]);
  assert.equal(typeof (await get("api")).version, "string");
  assert.deepEqual(await get("lab/api/translations/de_DE"), { data: {}, message: "" });
  assert.ok("en" in ((await get("lab/api/translations")).data as object));
  assert.deepEqual(await get("api/nbconvert"), {});
  const { identity } = (await get("api/me")) as { identity: Record<string, unknown> };
  assert.deepEqual(Object.keys(identity).sort(), [
    "avatar_url",
    "color",
    "display_name",
    "initials",
    "name",
    "username",
  ]);
});

test("built files are served with their types, those with a digest in the name for good", async () => {
  const main = await host.fetch("static/lab/main.js");
  assert.equal(main.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(main.headers.get("cache-control"), "no-cache");
  await main.body?.cancel();
  const part = await host.fetch("static/lab/chunks/part-ABCD1234.js");
  assert.match(part.headers.get("cache-control") ?? "", /immutable/);
  await part.body?.cancel();
  const theme = await host.fetch("lab/api/themes/@test/theme/index.css");
  assert.equal(await theme.text(), ":root{}\n");
  assert.equal((await host.fetch("static/lab/none.js")).status, 404);
});
