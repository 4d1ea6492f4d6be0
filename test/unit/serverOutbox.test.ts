import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../kernel/server/channels/outbox.ts";
import {
  type Channel,
  type RawMessage,
  serverMessage,
} from "../../kernel/server/channels/rawMessage.ts";
import fc from "../fixtures/fastCheck.ts";

const stream = (text: string) =>
  serverMessage("iopub", "stream", { name: "stdout", text }, "kernel", {
    msg_id: "p",
    session: "s",
  });
const status = (state: string) =>
  serverMessage("iopub", "status", { execution_state: state }, "kernel");
const content = (message: RawMessage) =>
  JSON.parse(Buffer.from(message.content).toString()) as Record<string, string>;

class Sink {
  readonly sent: RawMessage[] = [];
  send(message: RawMessage): void {
    this.sent.push(message);
  }
  get texts(): (string | undefined)[] {
    return this.sent.map((message) => content(message).text);
  }
}

test("messages wait while nobody is connected and then come in order", () => {
  const outbox = new Outbox();
  for (const text of ["1", "2", "3"]) outbox.push(stream(text));
  const sink = new Sink();
  outbox.connect(sink);
  outbox.push(stream("4"));
  assert.deepEqual(sink.texts, ["1", "2", "3", "4"]);
});

test("what was not confirmed is sent again on the next connection, what was is not", () => {
  const outbox = new Outbox();
  const [first, second] = [new Sink(), new Sink()];
  outbox.connect(first);
  for (const text of ["1", "2", "3"]) outbox.push(stream(text));
  outbox.confirm(2);
  outbox.disconnect();
  outbox.push(stream("4"));
  outbox.connect(second);
  assert.deepEqual(second.texts, ["3", "4"]);
});

test("news of a restart is sent once, since a client answers it with a new connection", () => {
  const outbox = new Outbox();
  const [first, second] = [new Sink(), new Sink()];
  outbox.connect(first);
  outbox.push(status("restarting"));
  outbox.push(status("idle"));
  outbox.disconnect();
  outbox.connect(second);
  assert.deepEqual(
    first.sent.map((message) => content(message).execution_state),
    ["restarting", "idle"],
  );
  assert.deepEqual(
    second.sent.map((message) => content(message).execution_state),
    ["idle"],
  );
});

test("a client that takes another's place does not inherit its news of a restart", () => {
  const [old, heir, sink] = [new Outbox(), new Outbox(), new Sink()];
  old.push(status("restarting"));
  old.push(stream("1"));
  old.bequeath(heir);
  heir.connect(sink);
  assert.deepEqual(sink.texts, ["1"]);
});

test("no more than the window is on the way to a client that does not confirm", () => {
  const outbox = new Outbox({ windowBytes: 10_000, queueBytes: 1e9 });
  const sink = new Sink();
  outbox.connect(sink);
  for (let index = 0; index < 100; index++) outbox.push(stream("x".repeat(1000)));
  assert.ok(sink.sent.length < 10, `${sink.sent.length}`);
  while (outbox.sentCount > 0) outbox.confirm(outbox.sentCount);
  assert.equal(sink.sent.length, 100);
});

test("beyond the bound the oldest outputs go, states stay, and the client is told how many went", () => {
  const outbox = new Outbox({ windowBytes: 1e6, queueBytes: 100_000 });
  outbox.push(status("busy"));
  for (let index = 0; index < 500; index++) outbox.push(stream(`${index}`));
  outbox.push(status("idle"));
  assert.ok(outbox.heldBytes <= 100_000, `${outbox.heldBytes}`);
  const sink = new Sink();
  outbox.connect(sink);
  const notice = sink.sent.find((message) => content(message).name === "stderr");
  assert.ok(notice);
  const dropped = Number(/^\[(\d+) outputs were dropped/.exec(content(notice).text ?? "")?.[1]);
  const kept = sink.sent.filter((message) => content(message).name === "stdout");
  assert.equal(dropped + kept.length, 500);
  assert.equal(content(kept.at(-1)!).text, "499");
  assert.deepEqual(
    sink.sent
      .filter((message) => message.msgType === "status")
      .map((message) => content(message).execution_state),
    ["busy", "idle"],
  );
});

test("an heir gets outputs and states, not answers and comms", () => {
  const outbox = new Outbox();
  const reply = (channel: Channel, msgType: string) =>
    serverMessage(channel, msgType, {}, "kernel");
  outbox.push(stream("seen"));
  outbox.push(reply("shell", "execute_reply"));
  outbox.push(reply("iopub", "comm_open"));
  outbox.push(status("idle"));
  const heir = new Outbox();
  outbox.bequeath(heir);
  const sink = new Sink();
  heir.connect(sink);
  assert.deepEqual(
    sink.sent.map((message) => message.msgType),
    ["stream", "status"],
  );
});

test("whatever the order of pushes, confirmations and broken connections, nothing is lost, doubled in the end or out of order", () => {
  const step = fc.oneof(
    fc.constant({ kind: "push" as const }),
    fc.record({ kind: fc.constant("confirm" as const), count: fc.nat(5) }),
    fc.constant({ kind: "break" as const }),
    fc.constant({ kind: "connect" as const }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const outbox = new Outbox({ windowBytes: 3000, queueBytes: 1e9 });
      const confirmed: (string | undefined)[] = [];
      let sink: Sink | null = null;
      let arrived = 0;
      let pushed = 0;
      const confirm = (count: number) => {
        if (sink === null) return;
        const taken = Math.min(count, outbox.sentCount);
        confirmed.push(...sink.texts.slice(arrived, arrived + taken));
        arrived += taken;
        outbox.confirm(taken);
      };
      const connect = () => {
        sink = new Sink();
        arrived = 0;
        outbox.connect(sink);
      };
      for (const each of steps) {
        if (each.kind === "push") outbox.push(stream(`${pushed++}`));
        if (each.kind === "confirm") confirm(each.count);
        if (each.kind === "connect" && sink === null) connect();
        if (each.kind === "break" && sink !== null) {
          outbox.disconnect();
          sink = null;
        }
      }
      if (sink === null) connect();
      while (outbox.sentCount > 0) confirm(outbox.sentCount);
      assert.deepEqual(
        confirmed,
        Array.from({ length: pushed }, (_, index) => `${index}`),
      );
      assert.equal(outbox.heldBytes, 0);
    }),
  );
});
