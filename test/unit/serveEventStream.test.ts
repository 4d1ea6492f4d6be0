import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStream, type Gone } from "../../serve/eventStream.ts";
import { until } from "../fixtures/until.ts";

function open(bufferBytes: number, slowClientMs = 60_000) {
  const gone: Gone[] = [];
  let paused = 0;
  let isDropped = false;
  const stream = new EventStream({
    ...{ bufferBytes, slowClientMs, onGone: (why) => gone.push(why) },
    drop: () => {
      isDropped = true;
    },
    onPause: (change) => {
      paused += change;
    },
  });
  return { stream, gone, paused: () => paused, isDropped: () => isDropped };
}

describe("EventStream", () => {
  it("sends objects as events, and says when all was sent", async () => {
    const { stream, gone } = open(1000);
    await stream.send({ a: "Ω" });
    await stream.send({ b: "\n\n" });
    stream.end();
    await stream.send({ late: true });
    const text = await new Response(stream.body).text();
    assert.equal(text, 'data: {"a":"Ω"}\n\ndata: {"b":"\\n\\n"}\n\ndata: [DONE]\n\n');
    assert.deepEqual(gone, []);
  });

  it("lets nobody send more while its buffer is full", async () => {
    const { stream, paused } = open(20);
    const sent: number[] = [];
    const sending = (async () => {
      for (let i = 0; i < 6; i++) {
        await stream.send({ i });
        sent.push(i);
      }
      stream.end();
    })();
    await until("a full buffer", () => paused() === 1);
    assert.ok(sent.length < 3, `${sent.length} of 17 bytes each fit into 20`);
    assert.match(await new Response(stream.body).text(), /"i":5.*\[DONE\]/s);
    await sending;
    assert.deepEqual([sent.length, paused()], [6, 0]);
  });

  it("tells when the client leaves, or takes nothing for too long, and lets senders go", async () => {
    const left = open(1);
    const waiting = left.stream.send({ a: 1 });
    await left.stream.body.cancel();
    await waiting;
    await left.stream.send({ b: 1 });
    assert.deepEqual([left.gone, left.paused()], [["left"], 0]);

    const slow = open(1, 1);
    await slow.stream.send({ a: 1 });
    assert.deepEqual([slow.gone, slow.paused(), slow.isDropped()], [["slow"], 0, true]);
    slow.stream.fail({ error: true });
    assert.deepEqual(slow.gone, ["slow"]);
  });
});
