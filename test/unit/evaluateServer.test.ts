import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { evaluate } from "../../engine/evaluate/evaluate.node.ts";
import { loadEvaluation, mergeEvaluations } from "../../engine/evaluate/mergeEvaluations.node.ts";
import { sampleSeed } from "../../engine/evaluate/sampleSeed.ts";
import { clozeTask, exactMatch, heads, type RemoteModel, remoteModel } from "../../engine/index.ts";
import { ownVersion } from "../../engine/weights/packageRoot.node.ts";
import { certificate } from "../../widgets/index.ts";
import {
  type Answer,
  delta,
  openAIServer,
  streamed,
  usage,
  whole,
} from "../fixtures/openAIServer.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

let server: Awaited<ReturnType<typeof openAIServer>>;
let model: RemoteModel;
before(async () => {
  server = await openAIServer();
  model = remoteModel({ baseUrl: server.url, model: "small" });
});
after(() => server.close());
afterEach(() => {
  server.received.length = 0;
});

const samples = Array.from({ length: 6 }, (_, a) => ({ a, target: String(a + 3) }));
const SUMS = {
  name: "sums",
  samples,
  messages: ({ a }: { a: number }) => [{ role: "user", content: `${a}+3=?` }],
  scorer: exactMatch(),
};

const says = (text: string, finishReason = "stop", more: object = {}): Answer =>
  streamed([
    delta({ role: "assistant", content: text }),
    delta({}, { finish_reason: finishReason }),
    usage(9, 4, more),
  ]);

/** Adds, except that it says 0 instead of 5. */
const adds: Answer = (response, request) => {
  const [{ content = "" } = {}] = request.body.messages as { content?: string }[];
  const sum = Number.parseInt(content, 10) + 3;
  return says(sum === 5 ? "0" : String(sum))(response, request);
};

describe("a folder of an evaluation", () => {
  it("is a path, or the address of a store with Amazon S3's interface", async () => {
    const refused = (folder: string, message: RegExp, more: object = {}) =>
      assert.rejects(evaluate(model, SUMS, { folder, ...more }), { code: "ERR_OPTION", message });
    const other =
      /folder: expected the path of a folder, or s3:.*got "gs:\/\/bucket\/a"\. Write s3:/;
    await refused("gs://bucket/a", other);
    await assert.rejects(mergeEvaluations(["a"], { folder: "gs://bucket/a" }), { message: other });
    await refused("s3://b", /folder: expected s3:\/\/, a bucket and names/);
    await refused("a", /scratch: expected a folder in an object store beside it, got "a"/, {
      scratch: "b",
    });
  });
});

describe("an evaluation of a model behind a server", () => {
  it("judges replies as of a model that runs here", async () => {
    server.answer = adds;
    const options = { seed: 4, temperature: 0.5, maxTokens: 20, atOnce: 2, epochs: 2, passAt: [2] };
    const result = await evaluate(model, SUMS, options);
    const outcomes = result.samples.map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === "wrong").length, 2);
    assert.equal(outcomes.filter((outcome) => outcome === "right").length, 10);
    const accuracy = result.metrics.find(({ metric }) => metric === "accuracy");
    assert.equal(accuracy?.value, 10 / 12);
    const [first] = result.samples;
    assert.equal(first?.prompt, '[{"role":"user","content":"0+3=?"}]');
    assert.deepEqual([first?.promptTokens, first?.answerTokens, first?.logprob], [9, 4, null]);
    assert.deepEqual(result.about, {
      ...{ task: "sums", model: "small", modelHash: null, weights: null, seed: 4, epochs: 2 },
      ...{ tokenizer: null, template: null },
      ...{ backend: `server ${server.url}`, arithmetic: "unknown", device: null, driver: null },
      versions: { vitrine: ownVersion(), node: process.versions.node },
    });
    const sent = server.received.map(({ body }) => body);
    assert.deepEqual(
      sent.map(({ seed }) => seed).sort(),
      result.samples.map(({ seed }) => seed).sort(),
    );
    assert.equal(first?.seed, sampleSeed(4, "0", 0));
    assert.ok(sent.every((body) => body.temperature === 0.5 && body.max_tokens === 20));
  });

  it("counts what a limit or the server cut apart, with what was thought", async () => {
    const details = { completion_tokens_details: { reasoning_tokens: 3 } };
    server.answer = says("3", "length", details);
    const task = { ...SUMS, samples: samples.slice(0, 1) };
    const {
      samples: [cut],
    } = await evaluate(model, task);
    assert.deepEqual([cut?.outcome, cut?.score, cut?.finishReason], ["cut", null, "length"]);
    assert.deepEqual([cut?.thinkingTokens, cut?.answerTokens], [3, 1]);
    server.answer = says("", "content_filter");
    const {
      samples: [filtered],
    } = await evaluate(model, task);
    assert.deepEqual([filtered?.outcome, filtered?.finishReason], ["cut", "content_filter"]);
  });

  it("asks a server that is busy again, and gives up on one that refuses", async () => {
    let asked = 0;
    server.answer = (response, request) => {
      asked += 1;
      if (asked <= 2)
        return whole({ error: "busy" }, 429, { "retry-after": "0.01" })(response, request);
      return adds(response, request);
    };
    const { samples: rows } = await evaluate(model, SUMS, { atOnce: 3 });
    assert.equal(rows.length, 6);
    assert.equal(asked, 8);
    server.answer = whole({ error: "busy" }, 429, { "retry-after": "1" });
    await assert.rejects(evaluate(model, SUMS, { patienceMs: 30 }), {
      code: "ERR_REMOTE_BUSY",
      message: /It was asked 2 times in 0 s: raise patienceMs \(--remote-patience\)/,
    });
    server.answer = whole({ error: "no such model" }, 404);
    await assert.rejects(evaluate(model, SUMS), { code: "ERR_REMOTE_NOT_FOUND" });
  });

  it("refuses by name what a server cannot show or do, before it asks", async () => {
    const cannot = (options: object, task: object, name: string) =>
      assert.rejects(evaluate(model, task as never, options), {
        code: "ERR_REMOTE_CANNOT",
        message: new RegExp(`^${name}`),
      });
    await cannot({ capture: { routes: true } }, SUMS, "evaluate capture: ");
    await cannot({ edits: { a: [heads({ layer: 0, head: 0 }).mask()] } }, SUMS, "evaluate edits: ");
    await cannot({ thinking: [{ budget: 8 }, {}] }, SUMS, "evaluate thinking budget 8: ");
    await cannot({}, clozeTask({ n: 2 }), "evaluate a task of choices: ");
    await cannot({ speculate: "mtp" }, SUMS, "remote chat: ");
    assert.equal(server.received.length, 0);
  });

  it("asks with a word about thinking as an arm", async () => {
    server.answer = adds;
    const result = await evaluate(model, SUMS, { thinking: [false, "high"] });
    assert.deepEqual(Object.keys(result.arms()), ["thinking false", "thinking high"]);
    const bodies = server.received.map(({ body }) => body);
    assert.equal(bodies.filter((body) => body.reasoning_effort === "high").length, 6);
  });

  it("goes on in its folder, and of two replies to the same takes the first for every reader", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    let asked = 0;
    server.answer = (response, request) => {
      asked += 1;
      if (asked > 4) return whole({ error: "gone" }, 400)(response, request);
      return adds(response, request);
    };
    await assert.rejects(evaluate(model, SUMS, { folder, atOnce: 1 }), {
      code: "ERR_REMOTE_REFUSED",
    });
    const [log = ""] = await readdir(join(folder, "log"));
    const lines = (await readFile(join(folder, "log", log), "utf8")).trimEnd().split("\n");
    assert.equal(lines.length, 4, "each reply was kept as it came");
    const other = JSON.parse(lines[0] ?? "");
    other.row = { ...other.row, reply: "7", outcome: "wrong", score: 0 };
    await writeFile(join(folder, "log", `a${log}`), `${JSON.stringify(other)}\n`);
    asked = -10;
    const { samples: rows } = await evaluate(model, SUMS, { folder });
    assert.equal(asked, -8, "two were left");
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    const why = Object.keys(manifest.unknown);
    const nulls = why.filter(
      (path) => path.split(".").reduce((it, name) => it[name], manifest) === null,
    );
    assert.deepEqual([nulls.length, nulls], [9, why]);
    assert.deepEqual((await loadEvaluation(folder)).samples, rows);
    assert.equal(rows[0]?.reply, "3");
    await writeFile(join(folder, "log", `1${log}`), `${JSON.stringify(other)}\n`);
    assert.equal((await mergeEvaluations([folder])).samples[0]?.reply, "7");
    const again = await evaluate(model, SUMS, { folder });
    assert.equal(again.samples[0]?.reply, "7");
  });

  it("has a certificate that promises no replay", async () => {
    server.answer = adds;
    const result = await evaluate(model, SUMS);
    assert.match(await certificate(result).toSvg(), /A server may reply otherwise the next time/);
    assert.throws(
      () => certificate(result, { replay: "vitrine evaluate" }),
      /replay: expected none/,
    );
  });
});
