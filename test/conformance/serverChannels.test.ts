import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KernelAPI } from "@jupyterlab/services";
import { deserialize, serialize } from "@jupyterlab/services/lib/kernel/serialize.js";
import { WebSocket } from "ws";
import { JSON_FROM_SOURCES } from "../fixtures/server/jsonFromSources.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { until } from "../fixtures/until.ts";

const V1 = "v1.kernel.websocket.jupyter.org";

let host: TestServer;
/** The long JSON that was worked on. */
const tasks: string[] = [];
before(async () => {
  host = await startTestServer({
    json: {
      ...JSON_FROM_SOURCES,
      onTask: (task, _, isHere) => void (isHere || tasks.push(task)),
    },
  });
});
after(() => host.close());

interface Message {
  readonly channel: string;
  readonly header: { msg_id: string; msg_type: string; session: string };
  readonly parent_header: { msg_id?: string };
  readonly content: Record<string, unknown>;
  readonly buffers?: readonly (ArrayBuffer | DataView)[];
}

/** A client made of a bare WebSocket and JupyterLab's own framing of messages. */
class Client {
  readonly received: Message[] = [];
  readonly session: string;
  readonly socket: WebSocket;
  #count = 0;

  constructor(kernelId: string, session: string, protocol: string) {
    this.session = session;
    const url = `ws://127.0.0.1:${host.server.port}/api/kernels/${kernelId}/channels?session_id=${session}&token=${host.server.token}`;
    this.socket = new WebSocket(url, protocol === "" ? [] : [protocol]);
    this.socket.binaryType = "arraybuffer";
    this.socket.on("message", (data, isBinary) => {
      const received = isBinary
        ? (data as ArrayBuffer)
        : Buffer.from(data as ArrayBuffer).toString("utf8");
      // Text is a legal argument for the JSON protocol, which the declaration leaves out.
      const message = deserialize(received as ArrayBuffer, this.socket.protocol);
      this.received.push(message as unknown as Message);
    });
  }

  get opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once("open", () => resolve());
      this.socket.once("error", reject);
    });
  }

  send(
    msgType: string,
    content: Record<string, unknown>,
    channel = "shell",
    buffers: ArrayBuffer[] = [],
  ): string {
    const msg_id = `${this.session}-${this.#count++}`;
    const header = {
      msg_id,
      msg_type: msgType,
      session: this.session,
      username: "",
      date: new Date().toISOString(),
      version: "5.4",
    };
    const message = { channel, header, parent_header: {}, metadata: {}, content, buffers };
    this.socket.send(
      serialize(message as unknown as Parameters<typeof serialize>[0], this.socket.protocol),
    );
    return msg_id;
  }

  run(code: string): string {
    return this.send("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
  }

  answers(id: string, msgType: string): Message[] {
    return this.received.filter(
      (each) => each.parent_header.msg_id === id && each.header.msg_type === msgType,
    );
  }

  text(id: string): string {
    return this.answers(id, "stream")
      .map((each) => each.content.text)
      .join("");
  }

  /** Waits until the kernel is idle again after a request. */
  async done(id: string): Promise<void> {
    await until(`idle after ${id}`, () =>
      this.answers(id, "status").some((each) => each.content.execution_state === "idle"),
    );
  }
}

const newKernel = async () => (await KernelAPI.startNew({ name: "test" }, host.settings)).id;

const modelOf = async (kernel: string) =>
  (await KernelAPI.getKernelModel(kernel, host.settings)) as {
    connections: number;
    execution_state: string;
  };

/** Waits until the server knows of so many pages of a kernel. */
const connections = (kernel: string, count: number): Promise<void> =>
  until(`${count} connections`, async () => (await modelOf(kernel)).connections === count);

for (const protocol of [V1, ""]) {
  const name = protocol === "" ? "the protocol without a name" : protocol;

  test(`${name} carries requests, replies, outputs in order and binary buffers`, async () => {
    const client = new Client(await newKernel(), "a", protocol);
    await client.opened;
    assert.equal(client.socket.protocol, protocol);
    const id = client.run("for (let i = 0; i < 500; i++) kernel.print(i + ' '); return 'grüße'");
    await client.done(id);
    await until("the reply", () => client.answers(id, "execute_reply").length === 1);
    assert.equal(client.text(id), Array.from({ length: 500 }, (_, index) => `${index} `).join(""));
    assert.deepEqual(client.answers(id, "execute_result")[0]?.content.data, {
      "text/plain": "grüße",
    });
    const comm = client.send("comm_msg", { comm_id: "c", data: { x: 1 } }, "shell", [
      new Uint8Array([0, 1, 255]).buffer,
    ]);
    await client.done(comm);
    const [echo] = client.answers(comm, "comm_msg");
    assert.deepEqual(echo?.content.data, { echo: { x: 1 } });
    const buffer = echo?.buffers?.[0] as DataView;
    assert.deepEqual(
      [...new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)],
      [0, 1, 255],
    );
    client.socket.close();
  });
}

test("outputs go to every client, replies to the one that asked", async () => {
  const kernel = await newKernel();
  const [one, two] = [new Client(kernel, "one", V1), new Client(kernel, "two", "")];
  await Promise.all([one.opened, two.opened]);
  const id = one.run("kernel.print('shared')");
  await Promise.all([one.done(id), two.done(id)]);
  await until("the reply", () => one.answers(id, "execute_reply").length === 1);
  assert.equal(two.text(id), "shared");
  assert.equal(two.answers(id, "execute_reply").length, 0);
});

test("a client that comes back gets everything it missed, once and in order, reply and all", async () => {
  const kernel = await newKernel();
  const first = new Client(kernel, "back", V1);
  await first.opened;
  const file = join(host.folder, "go-on");
  const id = first.run(
    `for (let i = 0; i < 50; i++) { if (i === 10) await kernel.made("${file}"); await kernel.print(i + ' '); }`,
  );
  await until("some output", () => first.text(id).includes("9 "));
  first.socket.close();
  await connections(kernel, 0);
  await writeFile(file, "");
  await until("the cell to end", async () => (await modelOf(kernel)).execution_state === "idle");
  const second = new Client(kernel, "back", V1);
  await second.done(id);
  await until("the reply", () => second.answers(id, "execute_reply").length === 1);
  const seen = new Map(
    [...first.received, ...second.received].map((each) => [each.header.msg_id, each]),
  );
  const text = [...seen.values()]
    .filter((each) => each.header.msg_type === "stream")
    .map((each) => each.content.text);
  assert.equal(text.join(""), Array.from({ length: 50 }, (_, index) => `${index} `).join(""));
});

test("a page that was reloaded gets the outputs made meanwhile", async () => {
  const kernel = await newKernel();
  const before = new Client(kernel, "before", V1);
  await before.opened;
  const file = join(host.folder, "page-is-gone");
  const id = before.run(`await kernel.made("${file}"); await kernel.print('while away')`);
  await until("a busy kernel", () => before.answers(id, "execute_input").length === 1);
  before.socket.close();
  await connections(kernel, 0);
  await writeFile(file, "");
  await until("the cell to end", async () => (await modelOf(kernel)).execution_state === "idle");
  const after = new Client(kernel, "after", V1);
  await until("the missed output", () => after.text(id) === "while away");
  assert.equal(after.answers(id, "execute_reply").length, 0, "replies belong to who asked");
});

test("of pages that went away the last eight are remembered, so that they cost bounded memory", async () => {
  const kernel = await newKernel();
  const stays = new Client(kernel, "stays", V1);
  await stays.opened;
  for (let index = 0; index < 10; index++) {
    const page = new Client(kernel, `gone-${index}`, V1);
    await page.opened;
    page.socket.close();
    await until("a closed page", () => page.socket.readyState === WebSocket.CLOSED);
    await connections(kernel, 1);
  }
  const id = stays.run("kernel.print('meanwhile')");
  await stays.done(id);
  const back = async (index: number): Promise<string> => {
    const page = new Client(kernel, `gone-${index}`, V1);
    await page.opened;
    const own = page.send("kernel_info_request", {});
    await page.done(own);
    return page.text(id);
  };
  assert.equal(await back(9), "meanwhile");
  assert.equal(await back(2), "meanwhile");
  assert.equal(await back(0), "", "forgotten");
});

test("requests sent before the kernel is ready are answered", async () => {
  const client = new Client(await newKernel(), "early", V1);
  await client.opened;
  const id = client.send("kernel_info_request", {});
  await until("the reply", () => client.answers(id, "kernel_info_reply").length === 1);
});

test("what is no message is left out and the connection lives on", async () => {
  const client = new Client(await newKernel(), "junk", V1);
  await client.opened;
  client.socket.send("text");
  client.socket.send(Buffer.from([1, 2, 3]));
  client.socket.send(Buffer.alloc(64, 255));
  client.send("execute_request", {}, "iopub");
  const id = client.run("return 1");
  await client.done(id);
  assert.equal(client.answers(id, "execute_result").length, 1);
});

test("a long message goes to the kernel unread, or is taken apart elsewhere, ahead of what follows it", async () => {
  const kernel = await newKernel();
  const code = (count: number, text: string) =>
    `${" ".repeat(count)}return ${JSON.stringify(text)}`;
  for (const [protocol, expected] of [
    [V1, []],
    ["", ["splitMessage"]],
  ] as const) {
    tasks.length = 0;
    const client = new Client(kernel, `long${protocol}`, protocol);
    await client.opened;
    const ids = [client.run(code(2 ** 20, "long")), client.run(code(0, "short"))];
    for (const id of ids) await client.done(id);
    const answered = client.received.filter(({ header }) => header.msg_type === "execute_result");
    assert.deepEqual(
      answered.map(({ parent_header }) => parent_header.msg_id),
      ids,
    );
    assert.deepEqual(tasks, expected);
  }
});

test("a message that is too long ends the connection with 1009, and the log says why", async () => {
  const kernel = await newKernel();
  for (const protocol of [V1, ""]) {
    const client = new Client(kernel, `too-long${protocol}`, protocol);
    await client.opened;
    client.socket.on("error", () => undefined); // it may still be writing
    host.logged.length = 0;
    const closed = new Promise((resolve) => client.socket.once("close", resolve));
    client.socket.send(Buffer.alloc(64 * 2 ** 20 + 1));
    assert.equal(await closed, 1009);
    assert.ok(host.logged.some((line) => line.includes("a message of at most 64 MiB")));
  }
});

test("a client that does not read holds back its own messages alone", async () => {
  const kernel = await newKernel();
  const [slow, quick] = [new Client(kernel, "slow", V1), new Client(kernel, "quick", V1)];
  await Promise.all([slow.opened, quick.opened]);
  slow.socket.pause();
  const id = quick.run(
    "const text = 'x'.repeat(1e6); for (let i = 0; i < 60; i++) await kernel.print(text)",
  );
  await quick.done(id);
  assert.equal(quick.text(id).length, 60e6);
  slow.socket.resume();
  await slow.done(id);
  assert.equal(slow.text(id).length, 60e6);
});
