import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { cp, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Progress } from "../../engine/base/progress.ts";
import { loadModel } from "../../engine/index.node.ts";
import { receiveFile } from "../../engine/weights/hub/receiveFile.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { bundledModels, resolveModel } from "../../engine/weights/resolveModel.node.ts";
import { type FakeHub, fakeHub } from "../fixtures/fakeHub.ts";
import { fakeProxy } from "../fixtures/fakeProxy.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const qwen = fileURLToPath(new URL("../fixtures/hf-random/qwen2", import.meta.url));
const sharded = fileURLToPath(new URL("../fixtures/formats/llama_sharded_tied", import.meta.url));
const REPOSITORY = "someone/tiny-qwen2";
/** What else on the machine of a developer must not count here. */
const NAMES = [
  ...[
    "HF_HOME",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_ENDPOINT",
    "HF_TOKEN",
    "HF_TOKEN_PATH",
  ],
  ...[
    "HUGGING_FACE_HUB_TOKEN",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
  ],
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy"],
];

/** Points the variables that Hugging Face's tools read at a fake hub and an empty cache. */
async function withHub(
  t: TestContext,
  variables: Record<string, string> = {},
  model = { folder: qwen, names: ["config.json", "model.safetensors"] },
): Promise<FakeHub & { cache: string }> {
  const home = await temporaryFolder(t);
  const files: Record<string, Buffer> = {
    "README.md": Buffer.from("a card"),
    "pytorch_model.bin": Buffer.alloc(10),
  };
  for (const name of model.names) files[name] = await readFile(join(model.folder, name));
  const hub = await fakeHub(t, REPOSITORY, files);
  setVariables(t, { HF_HOME: home, HF_ENDPOINT: hub.url, ...variables });
  const cache = join(home, "hub", "models--someone--tiny-qwen2");
  hub.hasArrived = (sizeBytes) => partSizes(cache).some((size) => size === sizeBytes);
  return Object.assign(hub, { cache });
}

function setVariables(t: TestContext, variables: Record<string, string>): void {
  const names = [...NAMES, ...Object.keys(variables)];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, variables);
  t.after(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
}

test("tiny is a bundled model, found without network", async () => {
  assert.ok(bundledModels().includes("tiny"));
  const model = await resolveModel("tiny");
  assert.deepEqual([model.name, model.source], ["tiny", "bundled"]);
  await (await openCheckpoint(model.location)).close();
});

test("training scripts are no model", () => {
  assert.ok(!bundledModels().includes("training"));
});

test("a folder is taken as it is", async () => {
  assert.deepEqual(await resolveModel(qwen), { name: "qwen2", location: qwen, source: "folder" });
});

test("a name that is nothing is refused with what was looked for", async () => {
  for (const name of ["tinny", "", "./no/such/folder", "org/name@../../x", "/no/such", "a/b/c"])
    await assert.rejects(resolveModel(name), {
      name: "ConfigError",
      code: "ERR_MODEL_NOT_FOUND",
      message: /expected a bundled model \(.*tiny.*\), a folder, a GGUF file, or a Hugging Face id/,
    });
});

test("a repository is downloaded into the shared cache: configuration and weights, nothing else", async (t) => {
  const hub = await withHub(t);
  const progress: Progress[] = [];
  const model = await resolveModel(REPOSITORY, { onProgress: (step) => progress.push(step) });
  assert.deepEqual([model.name, model.source], [REPOSITORY, "hub"]);
  assert.equal(model.location, join(hub.cache, "snapshots", hub.commit));
  assert.deepEqual((await readdir(model.location)).sort(), ["config.json", "model.safetensors"]);
  assert.equal(await readFile(join(hub.cache, "refs", "main"), "utf8"), hub.commit);
  assert.deepEqual(
    await readFile(join(model.location, "model.safetensors")),
    hub.files.get("model.safetensors"),
  );
  const weights = progress.filter(({ label }) => label === "model.safetensors");
  assert.deepEqual(weights.at(-1), {
    stage: "download",
    done: 275_536,
    total: 275_536,
    label: "model.safetensors",
  });
  assert.ok(hub.requests.every((path) => !path.endsWith("README.md") && !path.endsWith(".bin")));
  const checkpoint = await openCheckpoint(model.location, model.name);
  assert.equal(checkpoint.name, REPOSITORY);
  await checkpoint.close();
});

test("what is cached is used when the hub is out of reach, and downloaded once only", async (t) => {
  const hub = await withHub(t);
  const first = await resolveModel(REPOSITORY);
  const downloads = (): number => hub.requests.filter((path) => path.includes("/resolve/")).length;
  const before = downloads();
  assert.deepEqual(await resolveModel(REPOSITORY), first);
  assert.equal(downloads(), before);
  await hub.close();
  assert.deepEqual(await resolveModel(REPOSITORY), first);
});

test("a commit in the cache is used without asking the hub", async (t) => {
  const hub = await withHub(t);
  const first = await resolveModel(`${REPOSITORY}@${hub.commit}`);
  const asked = hub.requests.length;
  assert.deepEqual(await resolveModel(`${REPOSITORY}@${hub.commit}`), first);
  assert.equal(hub.requests.length, asked);
});

test("HF_HUB_OFFLINE asks nobody, and says what is missing", async (t) => {
  const hub = await withHub(t, { HF_HUB_OFFLINE: "1" });
  await assert.rejects(resolveModel(REPOSITORY), {
    name: "WeightsError",
    code: "ERR_DOWNLOAD",
    message: /HF_HUB_OFFLINE is set/,
  });
  assert.equal(hub.requests.length, 0);
});

test("HF_TOKEN goes to the hub", async (t) => {
  const hub = await withHub(t, { HF_TOKEN: "hf_test" });
  await resolveModel(REPOSITORY);
  assert.ok(hub.tokens.length > 0);
  assert.ok(hub.tokens.every((token) => token === "Bearer hf_test"));
});

test("an unknown repository and a gated one are told apart", async (t) => {
  await withHub(t);
  await assert.rejects(resolveModel("someone/nothing"), {
    name: "ConfigError",
    code: "ERR_MODEL_NOT_FOUND",
  });
  await assert.rejects(resolveModel("gated/model"), {
    name: "ConfigError",
    code: "ERR_MODEL_ACCESS",
    message: /HF_TOKEN/,
  });
});

test("a file that arrives damaged is refused and not kept; the next try completes it", async (t) => {
  const hub = await withHub(t);
  const sound = hub.files.get("model.safetensors")!;
  const damaged = Buffer.from(sound);
  damaged[1000] = 255 - (damaged[1000] ?? 0);
  for (const bad of [damaged, sound.subarray(0, 1000)]) {
    hub.files.set("model.safetensors", bad);
    await assert.rejects(resolveModel(REPOSITORY), { name: "WeightsError", code: "ERR_DOWNLOAD" });
    assert.deepEqual((await readdir(join(hub.cache, "blobs"))).length, 1);
    assert.deepEqual(await readdir(join(hub.cache, "snapshots", hub.commit)), ["config.json"]);
  }
  hub.files.set("model.safetensors", sound);
  const model = await resolveModel(REPOSITORY);
  assert.equal((await readdir(model.location)).length, 2);
});

test("a file that is longer than the hub listed is refused for its size", async (t) => {
  const hub = await withHub(t);
  const sound = hub.files.get("model.safetensors")!;
  hub.files.set("model.safetensors", Buffer.concat([sound, Buffer.alloc(9)]));
  await assert.rejects(resolveModel(REPOSITORY), {
    name: "WeightsError",
    code: "ERR_DOWNLOAD",
    message: new RegExp(`expected ${sound.length} bytes, got ${sound.length + 9}\\.`),
  });
  assert.deepEqual(await parts(hub), []);
});

test("a stream that goes on behind the size that the hub listed is left, and nothing of it kept", async (t) => {
  const folder = await temporaryFolder(t);
  const hash = { algorithm: "sha256", hex: "" } as const;
  const receiving = receiveFile(
    join(folder, "blob"),
    { sizeBytes: 10, hash },
    {
      stream: async () => endless(),
      onBytes: () => undefined,
      isPassing: () => false,
      signal: undefined,
    },
  );
  await assert.rejects(receiving, { message: "expected 10 bytes, got 16 or more" });
  assert.deepEqual(await readdir(folder), []);
});

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(8);
}

function partSizes(cache: string): number[] {
  const blobs = join(cache, "blobs");
  const names = readdirSync(blobs).filter((name) => name.endsWith(".incomplete"));
  return names.map((name) => statSync(join(blobs, name)).size);
}

/** Names of what is unfinished, and how much of it there is. */
async function parts(hub: { cache: string }): Promise<[name: string, sizeBytes: number][]> {
  const blobs = join(hub.cache, "blobs");
  const names = (await readdir(blobs)).filter((name) => name.endsWith(".incomplete"));
  return await Promise.all(
    names.map(
      async (name): Promise<[string, number]> => [name, (await stat(join(blobs, name))).size],
    ),
  );
}

test("an aborted download says so, and the next one goes on where it stopped", async (t) => {
  const hub = await withHub(t);
  const controller = new AbortController();
  hub.cuts.push(4000);
  const download = resolveModel(REPOSITORY, {
    signal: controller.signal,
    onProgress: ({ label, done }) =>
      label === "model.safetensors" && done > 0 && controller.abort(),
  });
  await assert.rejects(download, { name: "AbortedError", code: "ERR_ABORTED" });
  const [[, kept] = ["", 0]] = await parts(hub);
  assert.ok(kept > 0);
  hub.ranges.length = 0;
  const progress: number[] = [];
  await resolveModel(REPOSITORY, { onProgress: ({ done }) => progress.push(done) });
  assert.match(hub.ranges[0] ?? "", new RegExp(`^bytes=${kept}-`));
  assert.equal(progress[0], kept);
  assert.deepEqual(await parts(hub), []);
});

test("a connection that breaks is opened again where it broke", async (t) => {
  const hub = await withHub(t);
  const size = hub.files.get("model.safetensors")?.length ?? 0;
  hub.cuts.push(1000, 0, 5000);
  const { location: folder } = await resolveModel(REPOSITORY);
  assert.deepEqual(
    await readFile(join(folder, "model.safetensors")),
    hub.files.get("model.safetensors"),
  );
  const last = size - 1;
  const wanted = ["all", `bytes=1000-${last}`, `bytes=1000-${last}`, `bytes=6000-${last}`];
  assert.deepEqual(hub.ranges.slice(-4), wanted);
});

test("a connection that keeps breaking is given up, and what came is kept", async (t) => {
  const hub = await withHub(t);
  hub.cuts.push(3000, 0, 0, 0, 0, 0, 0, 0);
  await assert.rejects(resolveModel(REPOSITORY), {
    name: "WeightsError",
    code: "ERR_DOWNLOAD",
    message: /expected the whole file, got 3000 of \d+ bytes.*what has arrived is kept/,
  });
  assert.deepEqual(
    (await parts(hub)).map(([, sizeBytes]) => sizeBytes),
    [3000],
  );
  hub.cuts.length = 0;
  await resolveModel(REPOSITORY);
  assert.match(hub.ranges.at(-1) ?? "", /^bytes=3000-/);
});

test("a sharded repository arrives whole over connections that break, and loads offline afterwards", async (t) => {
  const names = (await readdir(sharded)).filter((name) => /^config|safetensors/.test(name));
  const shards = names.filter((name) => /^model-\d+-of-00003\.safetensors$/.test(name));
  assert.equal(shards.length, 3);
  const hub = await withHub(t, {}, { folder: sharded, names });
  hub.cuts.push(500, 300, 0, 700);
  const { location: folder } = await resolveModel(REPOSITORY);
  assert.equal(hub.cuts.length, 0);
  for (const name of [...shards, "model.safetensors.index.json"])
    assert.deepEqual(await readFile(join(folder, name)), hub.files.get(name), name);
  assert.ok(
    !(await readdir(folder)).includes("golden.safetensors"),
    "no shard, though in the repository",
  );
  assert.deepEqual(await parts(hub), []);
  const asked = hub.requests.length;
  process.env.HF_HUB_OFFLINE = "1";
  const model = await loadModel(REPOSITORY, { backend: "cpu" });
  assert.equal(hub.requests.length, asked);
  const run = await model.run([1, 2, 3]);
  assert.equal(run.tokens.length, 3);
  model.dispose();
});

test("a shard that the hub does not have is asked for again, and the others are kept", async (t) => {
  const names = (await readdir(sharded)).filter((name) => /^config|^model/.test(name));
  const hub = await withHub(t, {}, { folder: sharded, names });
  const missing = "model-00002-of-00003.safetensors";
  const bytes = hub.files.get(missing)!;
  hub.files.delete(missing);
  await assert.rejects(resolveModel(REPOSITORY), { name: "WeightsError", code: "ERR_DOWNLOAD" });
  process.env.HF_HUB_OFFLINE = "1";
  await assert.rejects(resolveModel(REPOSITORY), { code: "ERR_DOWNLOAD" });
  delete process.env.HF_HUB_OFFLINE;
  hub.files.set(missing, bytes);
  hub.requests.length = 0;
  const { location: folder } = await resolveModel(REPOSITORY);
  assert.deepEqual(await readFile(join(folder, missing)), bytes);
  assert.ok(!hub.requests.some((path) => path.endsWith("00001-of-00003.safetensors")));
});

test("what a process that is gone left is taken over if it is sound, and thrown away if not", async (t) => {
  for (const isSound of [true, false]) {
    const hub = await withHub(t);
    const weights = hub.files.get("model.safetensors")!;
    const hash = createHash("sha256").update(weights).digest("hex");
    const blobs = join(hub.cache, "blobs");
    await mkdir(blobs, { recursive: true });
    const left = isSound ? weights.subarray(0, 2000) : Buffer.alloc(2000, 7);
    const { pid = 0 } = spawnSync(process.execPath, ["--version"]);
    await writeFile(join(blobs, `${hash}.${pid}.incomplete`), left);
    await writeFile(join(blobs, `${hash}.${process.ppid}.incomplete`), "of a process that lives");
    if (!isSound) await assert.rejects(resolveModel(REPOSITORY), { code: "ERR_DOWNLOAD" });
    else await resolveModel(REPOSITORY);
    assert.match(hub.ranges.at(-1) ?? "", /^bytes=2000-/);
    assert.deepEqual(
      (await parts(hub)).map(([name]) => name),
      [`${hash}.${process.ppid}.incomplete`],
    );
    if (!isSound) await resolveModel(REPOSITORY);
  }
});

test("a snapshot that Python's tools made is found offline", async (t) => {
  const hub = await withHub(t, { HF_HUB_OFFLINE: "1" });
  const folder = join(hub.cache, "snapshots", hub.commit);
  await mkdir(folder, { recursive: true });
  await cp(qwen, folder, { recursive: true });
  assert.equal((await resolveModel(`${REPOSITORY}@${hub.commit}`)).location, folder);
});

test("a GGUF file is taken by its path, and by its folder where it is the only one without safetensors", async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, "small.Q8_0.gguf");
  await writeFile(file, "");
  await writeFile(join(folder, "config.json"), "{}");
  const source = { location: file, source: "file" };
  assert.deepEqual(await resolveModel(file), { name: "small.Q8_0", ...source });
  assert.equal((await resolveModel(folder)).location, file);
  await writeFile(join(folder, "model.safetensors"), "");
  assert.equal((await resolveModel(folder)).location, folder);
  await rm(join(folder, "model.safetensors"));
  await writeFile(join(folder, "other.gguf"), "");
  assert.equal((await resolveModel(folder)).location, folder);
});

test("a folder with all parts of one GGUF model is that model", async (t) => {
  const folder = await temporaryFolder(t);
  const part = (name: string) => writeFile(join(folder, `${name}.gguf`), "");
  await part("m-00001-of-00002");
  await part("m-00002-of-00002");
  const { location } = await resolveModel(folder);
  assert.match(location, /m-0000[12]-of-00002\.gguf$/);
  await part("n-00001-of-00002");
  assert.equal((await resolveModel(folder)).location, folder);
});

test("a GGUF file of a repository is downloaded by name, and without one where it is the only one", async (t) => {
  const repository = "someone/tiny-GGUF";
  const files: Record<string, Buffer> = { "a/small.gguf": Buffer.from("the file") };
  const hub = await fakeHub(t, repository, { ...files, "README.md": Buffer.from("a card") });
  const home = await temporaryFolder(t);
  setVariables(t, { HF_HOME: home, HF_ENDPOINT: hub.url });
  const only = await resolveModel(repository);
  assert.deepEqual([only.name, only.source], [repository, "hub"]);
  assert.ok(only.location.endsWith(join("snapshots", hub.commit, "a", "small.gguf")));
  assert.equal(await readFile(only.location, "utf8"), "the file");
  const named = `${repository}/a/small.gguf`;
  assert.equal((await resolveModel(named)).location, only.location);
  await assert.rejects(resolveModel(`${repository}/large.gguf`), {
    code: "ERR_WEIGHTS_MISSING",
    message: /expected large\.gguf in the repository, got a\/small\.gguf\. Name one of them/,
  });
  process.env.HF_HUB_OFFLINE = "1";
  for (const name of [repository, named, `${named}@main`])
    assert.equal((await resolveModel(name)).location, only.location);
  await assert.rejects(resolveModel(`${repository}/large.gguf`), { code: "ERR_DOWNLOAD" });
});

test("of several GGUF files in a repository one has to be named", async (t) => {
  const repository = "someone/many-GGUF";
  const hub = await fakeHub(t, repository, {
    "Q4_0.gguf": Buffer.from("4"),
    "Q8_0.gguf": Buffer.from("8"),
  });
  setVariables(t, { HF_HOME: await temporaryFolder(t), HF_ENDPOINT: hub.url });
  await assert.rejects(resolveModel(repository), {
    code: "ERR_WEIGHTS_MISSING",
    message: /expected one GGUF file in the repository, got Q4_0\.gguf, Q8_0\.gguf/,
  });
  const { location } = await resolveModel(`${repository}/Q8_0.gguf`);
  assert.equal(await readFile(location, "utf8"), "8");
});

test("of several GGUF files one is taken by how it is quantized, with all its parts, offline too", async (t) => {
  const repository = "someone/parts-GGUF";
  const hub = await fakeHub(t, repository, {
    "m-Q4_K_M-00001-of-00002.gguf": Buffer.from("the bytes of part 1, of some length"),
    "m-Q4_K_M-00002-of-00002.gguf": Buffer.from("the bytes of part 2, of some length"),
    "m-Q8_0.gguf": Buffer.from("the bytes of part 8, of some length"),
  });
  setVariables(t, { HF_HOME: await temporaryFolder(t), HF_ENDPOINT: hub.url });
  const { name, location } = await resolveModel(`${repository}:q4_k_m`);
  assert.deepEqual([name, basename(location)], [repository, "m-Q4_K_M-00001-of-00002.gguf"]);
  assert.deepEqual((await readdir(dirname(location))).length, 2);
  await assert.rejects(resolveModel(`${repository}:Q6_K`), {
    code: "ERR_WEIGHTS_MISSING",
    message: /expected one GGUF file of Q6_K.*got m-Q4_K_M-00001-of-00002\.gguf, m-Q8_0\.gguf/,
  });
  process.env.HF_HUB_OFFLINE = "1";
  assert.equal((await resolveModel(`${repository}:Q4_K_M`)).location, location);
  await rm(join(dirname(location), "m-Q4_K_M-00002-of-00002.gguf"));
  await assert.rejects(resolveModel(`${repository}:Q4_K_M`), { code: "ERR_DOWNLOAD" });
});

test("a model's address is as good as its name", async (t) => {
  const hub = await withHub(t);
  const byName = await resolveModel(REPOSITORY);
  for (const address of [`${hub.url}/${REPOSITORY}`, `https://hf.co/${REPOSITORY}/tree/main`])
    assert.deepEqual(await resolveModel(address), byName);
});

test("the token that hf auth login saved goes to the hub, unless another or none is asked for", async (t) => {
  const hub = await withHub(t);
  const home = process.env.HF_HOME ?? "";
  const other = join(home, "other");
  await writeFile(join(home, "token"), "hf_saved\n");
  await writeFile(other, " hf_elsewhere ");
  const sent = async (variables: Record<string, string>): Promise<string | undefined> => {
    Object.assign(process.env, variables);
    hub.tokens.length = 0;
    await resolveModel(REPOSITORY);
    for (const name of Object.keys(variables)) delete process.env[name];
    assert.equal(new Set(hub.tokens).size, 1);
    return hub.tokens[0];
  };
  assert.equal(await sent({}), "Bearer hf_saved");
  assert.equal(await sent({ HF_TOKEN_PATH: other }), "Bearer hf_elsewhere");
  assert.equal(await sent({ HUGGING_FACE_HUB_TOKEN: "hf_old" }), "Bearer hf_old");
  assert.equal(
    await sent({ HF_TOKEN: "hf_new", HUGGING_FACE_HUB_TOKEN: "hf_old" }),
    "Bearer hf_new",
  );
  assert.equal(await sent({ HF_TOKEN: "" }), "Bearer hf_saved");
  assert.equal(await sent({ HF_HUB_DISABLE_IMPLICIT_TOKEN: "1", HF_TOKEN: "hf_new" }), undefined);
});

test("folders of the cache may begin with ~ and hold variables", async (t) => {
  const hub = await withHub(t);
  const home = await temporaryFolder(t);
  const own = (path: string) => join(home, path, "models--someone--tiny-qwen2");
  for (const [variables, folder] of [
    [{ HF_HOME: "~/hf" }, own("hf/hub")],
    [{ HF_HOME: "$WHERE/\u0024{WHAT}" }, own("w/x/hub")],
    [{ HF_HUB_CACHE: "~/cache" }, own("cache")],
    [{ HUGGINGFACE_HUB_CACHE: "~/old/$NOT_SET" }, own("old/$NOT_SET")],
  ] as const) {
    setVariables(t, {
      ...{ HOME: home, USERPROFILE: home, WHERE: join(home, "w"), WHAT: "x" },
      ...{ HF_ENDPOINT: hub.url, ...variables },
    });
    const { location } = await resolveModel(REPOSITORY);
    assert.equal(location, join(folder, "snapshots", hub.commit));
  }
});

test("a cached file of another size than the hub lists is fetched again; offline it is named with what to do", async (t) => {
  const hub = await withHub(t);
  const { location } = await resolveModel(REPOSITORY);
  const path = join(location, "model.safetensors");
  const blob = await realpath(path);
  const sound = await readFile(path);
  for (const bad of [sound.subarray(0, 1000), Buffer.concat([sound, Buffer.alloc(5)])]) {
    await writeFile(blob, bad);
    process.env.HF_HUB_OFFLINE = "1";
    for (const name of [REPOSITORY, `${REPOSITORY}@${hub.commit}`])
      await assert.rejects(resolveModel(name), (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_DOWNLOAD");
        assert.ok(error.message.includes(blob), error.message);
        assert.match(error.message, /Delete the file and load the model once/);
        return true;
      });
    delete process.env.HF_HUB_OFFLINE;
    for (const name of [REPOSITORY, `${REPOSITORY}@${hub.commit}`]) {
      await writeFile(blob, bad);
      assert.equal((await resolveModel(name)).location, location);
      assert.deepEqual(await readFile(path), sound);
    }
  }
  await writeFile(blob, sound.subarray(0, 1000));
  await hub.close();
  await assert.rejects(resolveModel(REPOSITORY), {
    code: "ERR_DOWNLOAD",
    message: /damaged one at/,
  });
});

test("the hub is asked by way of the proxy that the environment names, but for hosts in NO_PROXY", async (t) => {
  const hub = await withHub(t);
  const host = new URL(hub.url).host;
  /** Where a proxy of that name was asked to go. A proxy keeps its tunnels, so each case has one of its own. */
  const hostsBy = async (name: string, more: Record<string, string> = {}): Promise<string[]> => {
    const proxy = await fakeProxy(t);
    const home = await temporaryFolder(t);
    setVariables(t, { HF_HOME: home, HF_ENDPOINT: hub.url, [name]: proxy.url, ...more });
    await resolveModel(REPOSITORY);
    return [...new Set(proxy.hosts)];
  };
  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    assert.deepEqual(await hostsBy(name), [host], name);
  assert.deepEqual(await hostsBy("HTTPS_PROXY"), []);
  for (const name of ["NO_PROXY", "no_proxy"])
    assert.deepEqual(await hostsBy("HTTP_PROXY", { [name]: "127.0.0.1" }), []);
  setVariables(t, { HF_ENDPOINT: hub.url, ALL_PROXY: "socks5://user:secret@127.0.0.1:1" });
  await assert.rejects(resolveModel(REPOSITORY), {
    code: "ERR_PROXY",
    message: /begin with http.*got "socks5:\/\/\.\.\.@127\.0\.0\.1:1"/,
  });
});

test("vocabularies are fetched where there is no tokenizer.json, and only there", async (t) => {
  const bytes = Buffer.from("{}");
  const more = ["vocab.json", "merges.txt", "tokenizer.model", "qwen.tiktoken", "original/x.model"];
  const files = Object.fromEntries(
    ["config.json", "model.safetensors", "added_tokens.json", ...more].map((name) => [name, bytes]),
  );
  const fetched = async (given: Record<string, Buffer>): Promise<string[]> => {
    const hub = await fakeHub(t, REPOSITORY, given);
    setVariables(t, { HF_HOME: await temporaryFolder(t), HF_ENDPOINT: hub.url });
    return await readdir((await resolveModel(REPOSITORY)).location);
  };
  const without = await fetched(files);
  for (const name of more) assert.equal(without.includes(name), !name.includes("/"), name);
  assert.deepEqual((await fetched({ ...files, "tokenizer.json": bytes })).sort(), [
    "added_tokens.json",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
  ]);
});

test("shards may lie below the index; weights under another name, in a folder or of an adapter are told", async (t) => {
  const names = ["config.json", "model.safetensors.index.json"];
  const hub = await withHub(t, {}, { folder: sharded, names });
  const index = JSON.parse(String(hub.files.get("model.safetensors.index.json")));
  const moved: Record<string, Buffer> = { "config.json": hub.files.get("config.json")! };
  for (const [tensor, shard] of Object.entries(index.weight_map)) {
    index.weight_map[tensor] = `shards/${shard}`;
    moved[`shards/${shard}`] = await readFile(join(sharded, String(shard)));
  }
  moved["model.safetensors.index.json"] = Buffer.from(JSON.stringify(index));
  const load = async (files: Record<string, Buffer>): Promise<string> => {
    const other = await fakeHub(t, REPOSITORY, files);
    setVariables(t, { HF_HOME: await temporaryFolder(t), HF_ENDPOINT: other.url });
    const { location } = await resolveModel(REPOSITORY);
    await (await openCheckpoint(location)).close();
    return location;
  };
  assert.equal((await readdir(join(await load(moved), "shards"))).length, 3);
  const whole = {
    "config.json": Buffer.from("{}"),
    "pytorch_model.safetensors": await readFile(join(qwen, "model.safetensors")),
  };
  assert.ok((await readdir(await load(whole))).includes("pytorch_model.safetensors"));
  const adapter = {
    "adapter_config.json": Buffer.from("{}"),
    "adapter_model.safetensors": Buffer.from("a"),
  };
  await assert.rejects(load(adapter), {
    code: "ERR_WEIGHTS_MISSING",
    message: /adapter \(LoRA\).*merge/,
  });
  const below = {
    "fp16/config.json": Buffer.from("{}"),
    "fp16/model.safetensors": Buffer.from("a"),
  };
  await assert.rejects(load(below), {
    code: "ERR_WEIGHTS_MISSING",
    message: /Weights lie in fp16/,
  });
});
