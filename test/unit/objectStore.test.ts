import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileContent, textContent } from "../../engine/store/content.node.ts";
import { ObjectStore } from "../../engine/store/objectStore.node.ts";
import { storeAccess } from "../../engine/store/storeAccess.node.ts";
import { storeAddress } from "../../engine/store/storeAddress.ts";
import { s3Server } from "../fixtures/s3Server.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

type Server = Awaited<ReturnType<typeof s3Server>>;

const VARIABLES = [
  ...["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"],
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
];

async function started(t: TestContext, options: Parameters<typeof s3Server>[0] = {}) {
  const server = await s3Server(options);
  t.after(server.close);
  return server;
}

async function opened(
  t: TestContext,
  { environment }: Pick<Server, "environment">,
  { address = "s3://bucket/runs/mine", patienceMs = 0, partBytes = 2 ** 20 } = {},
) {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  const set = (entries: Iterable<readonly [string, string | undefined]>) => {
    for (const [name, value] of entries)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
  set(VARIABLES.map((name) => [name, undefined]));
  set(Object.entries(environment));
  t.after(() => set(before));
  const place = storeAddress("test", address);
  return ObjectStore.open(place, { what: "test", patienceMs }, partBytes);
}

const NAMES = ["a/b.json", "a/ü (1)+!'*~.txt", "a b&c<d>", "log/1-2.jsonl", "shards/1/x"];

test("objects come back as they were put, whatever letters their names have, over pages of a list", async (t) => {
  const server = await started(t, { pageSize: 2, sessionToken: "token/+=" });
  const store = await opened(t, server);
  for (const name of NAMES) await store.put(name, textContent(`of ${name}`));
  for (const name of NAMES) assert.equal(await store.text(name), `of ${name}`);
  assert.deepEqual([...server.objects.keys()].sort(), NAMES.map((it) => `runs/mine/${it}`).sort());
  assert.deepEqual([...(await store.list()).keys()].sort(), [...NAMES].sort());
  assert.deepEqual([...(await store.list("a/")).keys()].sort(), NAMES.slice(0, 2).sort());
  assert.deepEqual((await store.folders()).sort(), ["a", "log", "shards"]);
  assert.equal(await store.text("nothing"), null);
});

test("large objects go up in parts, and no part stays behind where one fails", async (t) => {
  const server = await started(t);
  const store = await opened(t, server, { partBytes: 1000 });
  const path = join(await temporaryFolder(t), "large");
  const bytes = Buffer.from(Array.from({ length: 3500 }, (_, i) => (i * 7) % 251));
  await writeFile(path, bytes);
  await store.put("large", await fileContent(path));
  assert.deepEqual(server.objects.get("runs/mine/large")?.body, bytes);
  assert.equal(server.seen.filter(({ query }) => query.has("partNumber")).length, 4);
  const { sha256 } = await fileContent(path, { from: 500, to: 2500 });
  assert.equal(sha256, createHash("sha256").update(bytes.subarray(500, 2500)).digest("hex"));
  server.state.trouble = ({ query }) =>
    query.get("partNumber") === "3" ? { status: 403, code: "AccessDenied" } : null;
  await assert.rejects(store.put("other", await fileContent(path)), { code: "ERR_STORE_REFUSED" });
  assert.equal(server.uploads.size, 0);
  assert.ok(!server.objects.has("runs/mine/other"));
});

test("of two that create an object one does", async (t) => {
  const server = await started(t);
  const store = await opened(t, server);
  assert.deepEqual(
    [await store.create("x", "first"), await store.create("x", "second")],
    [true, false],
  );
  assert.equal(await store.text("x"), "first");
});

test("what a store refuses is said with what to do, and without the secret", async (t) => {
  const server = await started(t);
  const { environment } = server;
  const cases = [
    [
      { AWS_SECRET_ACCESS_KEY: "another secret" },
      "s3://bucket/a",
      /SignatureDoesNotMatch.*Correct AWS_SECRET_ACCESS_KEY/,
    ],
    [
      { AWS_ACCESS_KEY_ID: "OTHER" },
      "s3://bucket/a",
      /InvalidAccessKeyId.*Correct AWS_ACCESS_KEY_ID/,
    ],
    [{}, "s3://nobody/a", /GET s3:\/\/nobody: expected .* got 404 \(NoSuchBucket.*Make the bucket/],
  ] as const;
  for (const [other, address, message] of cases) {
    const store = await opened(t, { environment: { ...environment, ...other } }, { address });
    await assert.rejects(store.list(), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret of tests|another secret/);
      return true;
    });
  }
});

test("a store that is away is asked again, and then named", async (t) => {
  const server = await started(t);
  let troubles = 2;
  server.state.trouble = () => {
    troubles -= 1;
    return troubles < 0 ? null : troubles === 0 ? "hang up" : { status: 503, code: "SlowDown" };
  };
  const patient = await opened(t, server, { patienceMs: 60_000 });
  await patient.put("x", textContent("came"));
  assert.equal(await patient.text("x"), "came");
  server.state.trouble = () => "hang up";
  const store = await opened(t, server, { patienceMs: 20 });
  await assert.rejects(store.text("x"), {
    code: "ERR_STORE_UNREACHABLE",
    message:
      /GET s3:\/\/bucket\/runs\/mine\/x: expected an answer from the store at http:.*got none.*It was asked 2 times in 0 s: raise storePatienceMs \(--store-patience\)/,
  });
});

test("bytes that changed on the way are not taken", async (t) => {
  const server = await started(t);
  const store = await opened(t, server);
  await store.put("x", textContent("as it was"));
  const { metadata = {} } = server.objects.get("runs/mine/x") ?? {};
  server.objects.set("runs/mine/x", { body: Buffer.from("as it is"), metadata });
  await assert.rejects(store.text("x"), /bytes with another sha256 than was put/);
});

test("what the environment lacks is named", () => {
  const access = (environment: NodeJS.ProcessEnv) => () =>
    storeAccess("evaluate folder", environment);
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  assert.throws(access({}), {
    code: "ERR_OPTION",
    message:
      /got no AWS_ACCESS_KEY_ID, no AWS_SECRET_ACCESS_KEY, no AWS_REGION\. Export what is missing/,
  });
  assert.throws(access(keys), /got no AWS_REGION\./);
  assert.equal(access({ ...keys, AWS_DEFAULT_REGION: "eu-1" })().region, "eu-1");
  const elsewhere = access({ ...keys, AWS_ENDPOINT_URL: "https://s3.example.org" })();
  assert.equal(elsewhere.endpoint?.href, "https://s3.example.org/");
  assert.throws(access({ ...keys, AWS_ENDPOINT_URL_S3: "https://u:hidden@x" }), (error: Error) => {
    assert.match(error.message, /without a name, a password/);
    assert.doesNotMatch(error.message, /hidden/);
    return true;
  });
});

test("an address is a bucket and names", () => {
  assert.deepEqual(storeAddress("x", "s3://bucket/a/b/"), { bucket: "bucket", prefix: "a/b" });
  assert.deepEqual(storeAddress("x", "s3://bucket"), { bucket: "bucket", prefix: "" });
  for (const wrong of ["s3://", "s3:///a", "s3://b", "s3://bucket/a//b", "s3://bucket/../a"])
    assert.throws(() => storeAddress("--out", wrong), /--out: expected s3:\/\/, a bucket/);
});
