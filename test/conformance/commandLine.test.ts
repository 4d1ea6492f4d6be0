import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hashModel, loadModel } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { startLab } from "../browser/labServer.ts";
import { readTrace } from "../fixtures/readTrace.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until } from "../fixtures/until.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the built command as a shell would. */
function vitrine(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository("bin/vitrine.mjs"), ...args],
    { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } },
  );
  return { code: status, out: stdout, error: stderr };
}

const CAPTURE = "hook_logits,blocks.1.attn.hook_pattern,blocks.*.mlp.hook_expert_indices";
const traceArgs = (out: string, ...input: string[]): string[] => [
  ...["trace", "--model", "tiny", "--backend", "reference", "--capture", CAPTURE],
  ...["--out", out, ...input],
];

test("trace writes each site under its name with the numbers of the same run in this process", async () => {
  const out = join(folder, "run.safetensors");
  const { code, error } = vitrine(traceArgs(out, "--token-ids", "1,20,300,40"));
  assert.equal(code, 0, error);
  const { metadata, header, data } = readTrace(out);
  const model = await loadModel("tiny", { backend: "reference" });
  try {
    const run = await model.run([1, 20, 300, 40], { capture: CAPTURE });
    const pattern = await run.get("blocks.1.attn.hook_pattern");
    const { nVocab, nHeads, nExpertsPerToken, moeLayers, hash } = model.record;
    assert.deepEqual(header.hook_logits?.shape, [4, nVocab]);
    assert.deepEqual(new Float32Array(data("hook_logits")), Float32Array.from(run.logits.data));
    assert.deepEqual(header["blocks.1.attn.hook_pattern"]?.shape, [nHeads, 4, 4]);
    assert.deepEqual(
      new Float32Array(data("blocks.1.attn.hook_pattern")),
      Float32Array.from(pattern.data),
    );
    for (const layer of moeLayers) {
      const name = `blocks.${layer}.mlp.hook_expert_indices`;
      assert.equal(header[name]?.dtype, "I32");
      assert.deepEqual(header[name]?.shape, [4, nExpertsPerToken]);
      assert.deepEqual(new Int32Array(data(name)), (await run.get(name)).data);
    }
    const { token_ids, manifest } = metadata;
    assert.deepEqual(JSON.parse(token_ids ?? ""), [1, 20, 300, 40]);
    const { model: named, backend, versions } = JSON.parse(manifest ?? "");
    assert.equal(named.hash, hash);
    assert.equal(named.sha256, await hashModel("tiny"));
    assert.equal(backend.name, "reference");
    assert.equal(versions.node, process.versions.node);
  } finally {
    model.dispose();
  }
});

test("trace makes the edits of a file, keeps them in its own, and none of an empty list", async () => {
  const ids = [1, 20, 300, 40];
  const edits = [
    { kind: "zero", site: "blocks.1.attn.hook_z", head: 2 },
    { kind: "experts", layer: 2, force: [3] },
    { kind: "heads", layer: 4, head: 1, edge: [3, 1] },
  ] as const;
  const traced = (name: string, list: unknown) => {
    const [file, out] = [`${name}.json`, `${name}.safetensors`].map((path) => join(folder, path));
    writeFileSync(file as string, JSON.stringify(list));
    const args = traceArgs(out as string, "--token-ids", ids.join(), "--edits", file as string);
    return { ...vitrine(args), file, out: out as string };
  };
  const [edited, empty] = [traced("edited", edits), traced("empty", [])];
  const model = await loadModel("tiny", { backend: "reference" });
  try {
    for (const [{ out, code, error }, given] of [[edited, edits] as const, [empty, []] as const]) {
      assert.equal(code, 0, error);
      const { metadata, data } = readTrace(out);
      const run = await model.run(ids, { capture: CAPTURE, edits: given });
      for (const site of ["hook_logits", "blocks.1.attn.hook_pattern"])
        assert.deepEqual(
          new Float32Array(data(site)),
          Float32Array.from((await run.get(site)).data),
          site,
        );
      assert.deepEqual(JSON.parse(metadata.manifest ?? "").edits, run.edits);
      run.dispose();
    }
    const plain = await model.run(ids, { logits: "all" });
    const without = new Float32Array(readTrace(empty.out).data("hook_logits"));
    assert.deepEqual(without, Float32Array.from(plain.logits.data));
    assert.notDeepEqual(new Float32Array(readTrace(edited.out).data("hook_logits")), without);
  } finally {
    model.dispose();
  }
  const wrong = traced("wrong", [{ kind: "zero", site: "blocks.1.attn.hook_y" }]);
  assert.notEqual(wrong.code, 0);
  assert.match(
    wrong.error,
    /expected a name or glob of model\.sites\(\), got "blocks\.1\.attn\.hook_y"/,
  );
  assert.equal(existsSync(wrong.out), false);
});

test("generate passes on what it is told to forbid", () => {
  const args = ["generate", "--model", "tiny", "--backend", "reference", "--prompt", "12 + 29 ="];
  const of = (...more: string[]): string => {
    const { code, out, error } = vitrine([
      ...args,
      "--temperature",
      "0",
      "--max-tokens",
      "6",
      ...more,
    ]);
    assert.equal(code, 0, error);
    return out;
  };
  const plain = of();
  const letter = plain.trim()[0];
  assert.ok(letter);
  assert.equal(of("--stop", letter).includes(letter), false);
  assert.notEqual(of("--no-repeat-ngram-size", "1"), plain);
});

test("generate streams the same text for the same seed, and --json tells every token", () => {
  const args = ["generate", "--model", "tiny", "--backend", "reference", "--prompt", "12 + 29 ="];
  const options = ["--max-tokens", "6", "--seed", "7", "--temperature", "1"];
  const first = vitrine([...args, ...options]);
  assert.equal(first.code, 0, first.error);
  const second = vitrine([...args, ...options, "--json"]);
  const { text, tokens, finishReason, backend } = JSON.parse(second.out);
  assert.equal(`${text}\n`, first.out);
  assert.ok(tokens.length > 0 && tokens.length <= 6);
  assert.ok(["stop", "length"].includes(finishReason));
  assert.equal(backend.name, "reference");
  assert.equal(tokens.map((token: { text: string }) => token.text).join(""), text);
});

test("doctor says what auto would take and why", () => {
  const { code, out, error } = vitrine(["doctor", "--json"]);
  assert.equal(code, 0, error);
  const report = JSON.parse(out);
  assert.equal(report.node, process.versions.node);
  assert.equal(report.adapter.found, true);
  assert.ok(["webgpu", "cpu"].includes(report.auto.name));
  assert.match(report.auto.reason, /^auto: /);
  assert.match(vitrine(["doctor"]).out, /^Node +\d/m);
});

test("doctor measures what the machine does at most, and shows it from then on", () => {
  const env = { XDG_CACHE_HOME: join(folder, "cache") };
  const unmeasured = "no: vitrine doctor --measure does";
  const before = vitrine(["doctor", "--json"], env);
  assert.deepEqual(JSON.parse(before.out).measured, { cpu: unmeasured, webgpu: unmeasured });
  const measuring = vitrine(["doctor", "--measure", "--rounds", "1"], env);
  assert.equal(measuring.code, 0, measuring.error);
  const { measured } = JSON.parse(vitrine(["doctor", "--json"], env).out);
  for (const device of [measured.cpu, measured.webgpu]) {
    assert.equal(device.source, "vitrine doctor --measure");
    assert.ok(device.bytesPerSecond > 0 && device.flopsPerSecond.f32 > 0);
  }
  assert.match(measuring.out, /^Measured +cpu: [\d.]+ GB\/s, [\d.]+ GFLOP\/s f32/m);
  assert.match(measuring.out, /^Measured +webgpu: [\d.]+ GB\/s/m);
});

test("trace and generate write when each operator ran", () => {
  const out = join(folder, "profile.json");
  const run = ["--model", "tiny", "--backend", "cpu", "--prompt", "The keys", "--profile", out];
  const steps = () => {
    const { traceEvents } = JSON.parse(readFileSync(out, "utf8"));
    return traceEvents.flatMap(({ cat, args }: { cat: string; args: { phase: string } }) =>
      cat === "step" ? [args.phase] : [],
    );
  };
  const traced = vitrine(["trace", ...run]);
  assert.equal(traced.code, 0, traced.error);
  assert.match(traced.out, /profile\.json: \d+ events, \d+ tokens, cpu\n$/);
  assert.deepEqual(steps(), ["prefill"]);
  const generated = vitrine(["generate", ...run, "--max-tokens", "3", "--ignore-eos"]);
  assert.equal(generated.code, 0, generated.error);
  assert.deepEqual(steps(), ["prefill", "decode", "decode", "decode"]);
  rmSync(out);
  const nowhere = vitrine(["trace", ...run.slice(0, -1), join(folder, "no", "such.json")]);
  assert.equal(nowhere.code, 1);
  assert.match(
    nowhere.error,
    /such\.json: no such folder .* Make the folder, or choose another path/,
  );
});

test("a failure is one message on stderr and exit code 1, with the stack only for debugging", () => {
  const args = ["generate", "--model", "./nowhere", "--prompt", "a"];
  const plain = vitrine(args);
  assert.equal(plain.code, 1);
  assert.equal(plain.out, "");
  assert.match(plain.error, /^vitrine: .*expected.*got.*nowhere/s);
  assert.doesNotMatch(plain.error, /\n {4}at /);
  assert.match(vitrine(args, { VITRINE_DEBUG: "1" }).error, /\n {4}at /);
});

test("a trace that cannot be made leaves nothing behind", () => {
  const before = readdirSync(folder);
  const out = join(folder, "half.safetensors");
  const unknown = vitrine([
    ...["trace", "--model", "tiny", "--backend", "reference", "--token-ids", "1"],
    ...["--capture", "hook_logit", "--out", out],
  ]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.error, /hook_logit.*Did you mean/s);
  const nowhere = vitrine(traceArgs(join(folder, "no", "such.safetensors"), "--token-ids", "1"));
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.error, /no such folder/);
  const alone = vitrine(["trace", "--model", "tiny", "--token-ids", "1", "--out", out]);
  assert.equal(alone.code, 2);
  assert.match(alone.error, /--capture with --out, or --profile, or all three, got --out alone/);
  const both = vitrine(traceArgs(out, "--token-ids", "1", "--prompt", "a"));
  assert.equal(both.code, 2);
  assert.match(both.error, /--prompt or --token-ids, got both/);
  assert.equal(existsSync(out), false);
  assert.deepEqual(readdirSync(folder), before);
});

testWhere(process.platform !== "win32")(
  "a trace that is told to end, however it is told, leaves nothing behind",
  async () => {
    const before = readdirSync(folder);
    const prompt = Array.from({ length: 480 }, (_, i) => i + 10).join(",");
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const args = [
        ...["trace", "--model", "tiny", "--backend", "cpu", "--capture", "**"],
        ...["--token-ids", prompt, "--out", join(folder, "half.safetensors")],
      ];
      const child = spawn(process.execPath, [inRepository("bin/vitrine.mjs"), ...args], {
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      await until("the file to be begun", () => readdirSync(folder).length > before.length);
      child.kill(signal);
      assert.deepEqual(await ended, [130, null], signal);
      assert.deepEqual(readdirSync(folder), before, signal);
    }
  },
);

test("lab prints an address that answers, and Ctrl-C ends it with exit code 0", async () => {
  const lab = await startLab((root) => writeFileSync(join(root, "a.txt"), "a"));
  const address = new URL(lab.url);
  assert.equal(address.hostname, "127.0.0.1");
  const token = address.searchParams.get("token") ?? "";
  const headers = { authorization: `token ${token}` };
  const listed = await fetch(new URL("/api/contents/a.txt", address), { headers });
  assert.equal(listed.status, 200);
  assert.equal((await fetch(new URL("/api/contents/a.txt", address))).ok, false);
  assert.equal(await lab.stop(), 0);
  await assert.rejects(fetch(new URL("/api", address)));
});

test("lab refuses a port that is taken, and says what to do", async () => {
  const lab = await startLab(() => {});
  try {
    const { code, error } = vitrine(["lab", "--no-browser", "--port", new URL(lab.url).port]);
    assert.equal(code, 1);
    assert.match(error, /^vitrine: .*expected.*port.*got/s);
  } finally {
    await lab.stop();
  }
});
