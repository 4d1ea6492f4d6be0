import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import OpenAI from "openai";
import { askServer, type Reply } from "../../bench/serve/askServer.ts";
import { startVitrineServe } from "../../bench/serve/serverProcess.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { until } from "../fixtures/until.ts";

const ARGS = ["--model", "tiny", "--backend", "cpu", "--threads", "1", "--port"];
const LONG = {
  ...{ model: "tiny", messages: [{ role: "user", content: "1+1=?" }], seed: 4, temperature: 1 },
  ...{ max_tokens: 400, ignore_eos: true },
};

test("a server that is killed under load leaves clients with errors, and the next one serves the same bits", async (t) => {
  const first = await startVitrineServe([...ARGS, "0"]);
  t.after(() => first.child.kill("SIGKILL"));
  const { port } = new URL(first.url);
  let killed: Promise<unknown> | null = null;
  const ask = (onChunk?: (count: number) => void) =>
    askServer(first.url, LONG, { ...(onChunk && { onChunk }) }).then(
      (reply): Reply | Error => reply,
      (error: Error) => error,
    );
  const watched = ask((count) => {
    if (count === 5) killed ??= first.end("SIGKILL");
  });
  const client = new OpenAI({ baseURL: `${first.url}/v1`, apiKey: "none", maxRetries: 0 });
  const foreign = (async () => {
    const stream = await client.chat.completions.create({
      ...(LONG as unknown as OpenAI.ChatCompletionCreateParamsStreaming),
      stream: true,
    });
    for await (const _ of stream);
  })().catch((error: Error) => error);
  const others = await Promise.all([watched, ...Array.from({ length: 6 }, () => ask())]);
  assert.ok(killed !== null, "it was killed while texts were at work");
  await killed;
  for (const outcome of [...others, await foreign])
    assert.ok(outcome instanceof Error, "an error, not half a text that looks whole");

  await assert.rejects(
    client.chat.completions.create({ model: "tiny", messages: [{ role: "user", content: "a" }] }),
    OpenAI.APIConnectionError,
  );
  const second = await startVitrineServe([...ARGS, port]);
  t.after(() => second.child.kill("SIGKILL"));
  const again = [await askServer(second.url, { ...LONG, max_tokens: 8, logprobs: true })];
  again.push(await askServer(second.url, { ...LONG, max_tokens: 8, logprobs: true }));
  assert.equal(again[0]?.isWhole, true);
  assert.deepEqual(again[0]?.logprobs, again[1]?.logprobs);
  await second.end("SIGTERM");
});

test("Ctrl-C lets texts at work end, and a second one does not wait for them", async (t) => {
  const server = await startVitrineServe([...ARGS, "0", "--name", "mine", "--context", "256"]);
  t.after(() => server.child.kill("SIGKILL"));
  assert.match(
    server.output(),
    /served as "mine": 16 texts at once, 256 more may wait, 256 tokens/,
  );
  assert.match(server.output(), /^curl http:\S+\/v1\/chat\/completions -H .*"model":"mine"/m);
  const short = { ...LONG, model: "mine", max_tokens: 60 };
  let ended: Promise<number | string> | null = null;
  const reply = await askServer(server.url, short, {
    onChunk: () => {
      ended ??= server.end("SIGINT");
    },
  });
  assert.equal(reply.isWhole, true);
  assert.equal(await ended, 0);

  const stubborn = await startVitrineServe([...ARGS, "0", "--drain", "600"]);
  t.after(() => stubborn.child.kill("SIGKILL"));
  const asked = askServer(stubborn.url, LONG, {
    onChunk: (count) => count === 1 && stubborn.child.kill("SIGINT"),
  }).catch((error: Error) => error);
  await until("it to wait", () => stubborn.output().includes("Waiting up to 600 s"));
  const how = await stubborn.end("SIGINT");
  const outcome = await asked;
  assert.ok(how === 130 || !(outcome instanceof Error), `${how}`);
});

test("a wrong command line is refused before a model is loaded", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [inRepository("bin/vitrine.mjs"), "serve", ...args], {
      encoding: "utf8",
    });
  assert.equal(run().status, 2);
  assert.match(run("--model", "tiny", "--port", "70000").stderr, /whole number from 0 to 65535/);
  const open = run("--model", "tiny", "--backend", "cpu", "--host", "0.0.0.0", "--port", "0");
  assert.equal(open.status, 1);
  assert.match(open.stderr, /expected a token where other computers can reach the server/);
});
