import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { askServer, type Reply } from "../../bench/serve/askServer.ts";
import { load } from "../../bench/serve/load.ts";
import { serveTiny } from "../fixtures/serve/servedModel.ts";
import { testSeed } from "../fixtures/testSeed.ts";
import { until, untilEqual } from "../fixtures/until.ts";

const metric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1) ?? 0);
};
const health = async (url: string) =>
  (await (await fetch(`${url}/health`)).json()) as { running: number; waiting: number };

const SUMS = Array.from({ length: 64 }, (_, i) => `${1 + (i % 9)}+${2 + (i % 7)}-${i % 3}=?`);

test("64 clients at a time lose nothing, and each gets the bits of a single run", async (t) => {
  const { model, url } = await serveTiny(t, { atOnce: 8 });
  const request = (client: number, i: number) => ({
    ...{
      model: "tiny",
      messages: [{ role: "user", content: SUMS[(client + 7 * i) % 64] as string }],
    },
    ...{ seed: 100 * client + i, temperature: i % 2, max_tokens: 6 + (client % 5) },
    logprobs: true,
  });
  const { all } = await load({
    ...{ url, clients: 64 },
    next: (client, i) => (i < 2 ? request(client, i) : null),
  });
  assert.equal(all.length, 128);
  for (const { fields, reply } of all) {
    const { messages, seed, temperature, max_tokens } = fields as ReturnType<typeof request>;
    const alone = model.chat(messages, { seed, temperature, maxTokens: max_tokens });
    for await (const _ of alone);
    assert.ok(reply.isWhole);
    assert.equal(reply.seed, seed);
    assert.deepEqual(
      [reply.reasoning, reply.text],
      [alone.message.reasoning, alone.message.content],
    );
    assert.deepEqual(
      reply.logprobs,
      alone.tokens.map(({ logprob }) => logprob),
    );
    alone.run.dispose();
  }
  assert.equal(await metric(url, 'vitrine_requests_total{endpoint="chat",status="200"}'), 128);
  assert.deepEqual(await health(url), { status: "ok", running: 0, waiting: 0 });
});

test("a client that leaves ends its text, a waiting one too, and its place goes to the next", async (t) => {
  const { model, server, url, bytes } = await serveTiny(t, { atOnce: 1 });
  const long = {
    ...{ model: "tiny", messages: [{ role: "user", content: "1+1=?" }], seed: 1 },
    ...{ max_tokens: 500, ignore_eos: true, logprobs: true, top_logprobs: 20 },
  };
  const left = () => metric(url, 'vitrine_requests_cancelled_total{why="left"}');
  const leaves = new AbortController();
  const first = askServer(url, long, { signal: leaves.signal });
  const waits = new AbortController();
  const second = askServer(url, long, { signal: waits.signal }).catch((error) => error);
  const third = askServer(url, { ...long, max_tokens: 3 });
  await until("two to wait", async () => (await health(url)).waiting === 2);
  waits.abort();
  leaves.abort();
  await assert.rejects(first, { name: "AbortError" });
  assert.equal((await second).name, "AbortError");
  assert.equal((await third).isWhole, true);
  await until("no text", async () => (await health(url)).running === 0);
  await untilEqual(left, 2);

  const whole = new AbortController();
  const unstreamed = fetch(`${url}/v1/chat/completions`, {
    ...{ method: "POST", headers: { "Content-Type": "application/json" } },
    ...{ body: JSON.stringify(long), signal: whole.signal },
  });
  await until("a text", async () => (await health(url)).running === 1);
  whole.abort();
  await assert.rejects(unstreamed, { name: "AbortError" });
  await until("no text", async () => (await health(url)).running === 0);
  await untilEqual(left, 3);

  await server.close();
  model.freeIdle();
  assert.equal(model.deviceMemory().bytes, bytes, "texts of clients that left hold memory");
});

test("clients that leave at any chunk cost those that stay no bit, and leave nothing behind", async (t) => {
  const { model, server, url, bytes } = await serveTiny(t, { atOnce: 5, queue: 100 });
  let state = testSeed;
  const random = (below: number) => {
    state = (state * 48_271 + 11) % 2_147_483_647;
    return state % below;
  };
  const all = Array.from({ length: 60 }, (_, i) => {
    const fields = {
      ...{ model: "tiny", messages: [{ role: "user", content: SUMS[i % 64] as string }] },
      ...{ seed: i, temperature: random(2), max_tokens: 1 + random(20), logprobs: true },
    };
    return { fields, leavesAfter: random(3) === 0 ? random(12) : null };
  });
  const outcomes = await Promise.all(
    all.map(async ({ fields, leavesAfter }) => {
      const leaves = new AbortController();
      if (leavesAfter === 0) setImmediate(() => leaves.abort());
      const onChunk = (count: number) => count === leavesAfter && leaves.abort();
      return askServer(url, fields, { signal: leaves.signal, onChunk }).catch((error) => error);
    }),
  );
  for (const [i, { fields, leavesAfter }] of all.entries()) {
    const outcome = outcomes[i] as Reply;
    if (leavesAfter !== null) continue;
    const { messages, seed, temperature, max_tokens } = fields;
    const alone = model.chat(messages, { seed, temperature, maxTokens: max_tokens });
    for await (const _ of alone);
    assert.deepEqual(
      outcome.logprobs,
      alone.tokens.map(({ logprob }) => logprob),
      `request ${i}`,
    );
    alone.run.dispose();
  }
  await until("no text", async () => {
    const { running, waiting } = await health(url);
    return running + waiting === 0;
  });
  await server.close();
  model.freeIdle();
  assert.equal(model.deviceMemory().bytes, bytes, "texts of clients that left hold memory");
});

test("a full queue is refused with 429 and says when to ask again", async (t) => {
  const { url } = await serveTiny(t, { atOnce: 1, queue: 1 });
  const long = {
    ...{ model: "tiny", messages: [{ role: "user", content: "1+1=?" }] },
    ...{ max_tokens: 500, ignore_eos: true, logprobs: true, top_logprobs: 20 },
  };
  const end = new AbortController();
  const open = [1, 2].map(() =>
    askServer(url, long, { signal: end.signal }).catch((error) => error),
  );
  await until("a full queue", async () => (await health(url)).waiting === 1);
  const response = await fetch(`${url}/v1/chat/completions`, {
    ...{ method: "POST", headers: { "Content-Type": "application/json" } },
    body: JSON.stringify(long),
  });
  assert.equal(response.status, 429);
  assert.ok(Number(response.headers.get("retry-after")) >= 1);
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, "queue_full");
  assert.match(error.message, /^request: expected fewer than 1 waiting texts, got a full queue\./);
  end.abort();
  await Promise.all(open);
  await until("room", async () => (await health(url)).running === 0);
  assert.equal((await askServer(url, { ...long, max_tokens: 1 })).isWhole, true);
});

test("a client that takes nothing pauses its own text alone, and is dropped in the end", async (t) => {
  const { url, server } = await serveTiny(t, { bufferBytes: 512, slowClientMs: 300 });
  const body = JSON.stringify({
    ...{ model: "tiny", messages: [{ role: "user", content: "1+1=?" }], stream: true, n: 12 },
    ...{ max_tokens: 500, ignore_eos: true, logprobs: true, top_logprobs: 20 },
  });
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  socket.pause();
  socket.on("error", () => undefined);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const slow = () => metric(url, 'vitrine_requests_cancelled_total{why="slow"}');
  await until("a paused text", async () => {
    // On a machine that is slow to ask it may have been paused for as long as it may be.
    return (await metric(url, "vitrine_texts_paused")) > 0 || (await slow()) === 1;
  });
  const other = { model: "tiny", messages: [{ role: "user", content: "2+2=?" }], max_tokens: 8 };
  assert.equal((await askServer(url, other)).isWhole, true);
  await until("the slow client to be dropped", async () => (await slow()) === 1);
  await until("no text", async () => (await health(url)).running === 0);
  socket.destroy();
});

test("a server that ends finishes what it can in time, and tells the others", async (t) => {
  const { server, url } = await serveTiny(t, { atOnce: 2, drainMs: 0 });
  const long = {
    ...{ model: "tiny", messages: [{ role: "user", content: "1+1=?" }] },
    ...{ max_tokens: 500, ignore_eos: true, logprobs: true, top_logprobs: 20 },
  };
  let closing: Promise<void> | null = null;
  const cut = await askServer(url, long, {
    onChunk: () => {
      closing ??= server.close();
    },
  });
  await closing;
  assert.equal(cut.isWhole, false);
  assert.match(cut.error ?? "", /^request: expected a server that stays, got one that is ending\./);
  await assert.rejects(fetch(`${url}/health`), /fetch failed/);
});
