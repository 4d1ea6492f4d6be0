import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { Dealer } from "zeromq";
import { endpoint } from "../../kernel/protocol/connection.ts";
import { decodeFrames } from "../../kernel/protocol/frames.ts";
import { Signer } from "../../kernel/protocol/signing.ts";
import { newConnectionInfo } from "../../kernel/server/kernels/connectionFile.ts";
import { KernelSockets } from "../../kernel/transport/sockets.ts";

test("a question that comes before the front end's stdin has connected is asked once it has", async () => {
  const info = await newConnectionInfo();
  const dropped: unknown[] = [];
  const sockets = new KernelSockets(info.key, (reason) => dropped.push(reason));
  await sockets.bind(info);
  const frontEnd = new Dealer({ routingId: "late", linger: 0 });
  try {
    const content = { prompt: "name? ", password: false };
    const ids = [Buffer.from("late")];
    sockets.send("stdin", { type: "input_request", parent: {}, content, ids });
    await new Promise((resolve) => setImmediate(resolve)); // it was tried, and nobody was there
    frontEnd.connect(endpoint(info, "stdin"));
    const asked = decodeFrames(await frontEnd.receive(), new Signer(info.key));
    assert.equal(asked.header.msg_type, "input_request");
    assert.deepEqual(asked.content, content);
    assert.deepEqual(dropped, []);
  } finally {
    frontEnd.close();
    sockets.close();
  }
});

test("a port that somebody's connection took for a moment is waited for", async () => {
  const info = await newConnectionInfo();
  const thief = createServer().listen(info.iopub_port, info.ip);
  await once(thief, "listening");
  const sockets = new KernelSockets(info.key, () => undefined);
  try {
    const bound = sockets.bind(info);
    const inTurns = async (): Promise<"tried"> => {
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      return "tried";
    };
    assert.equal(await Promise.race([bound, inTurns()]), "tried");
    thief.close();
    await bound;
  } finally {
    thief.close();
    sockets.close();
  }
});
