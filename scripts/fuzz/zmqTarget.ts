import { connect } from "node:net";
import fc from "fast-check";
import { Dealer, Request, XSubscriber } from "zeromq";
import { ProtocolError } from "../../kernel/errors.ts";
import { type ConnectionInfo, endpoint } from "../../kernel/protocol/connection.ts";
import { decodeFrames } from "../../kernel/protocol/frames.ts";
import { Signer } from "../../kernel/protocol/signing.ts";
import { fromFrames } from "../../kernel/server/channels/rawMessage.ts";
import {
  add,
  Finding,
  type FuzzTarget,
  HANG_MS,
  inBatches,
  type Tally,
  withinTime,
} from "./fuzzTarget.ts";
import { HARMLESS } from "./harmless.ts";
import { changes, jsonMutation, mutated, nastyText } from "./mutations.ts";
import { startKernel, type Victim } from "./victims.ts";

const BATCH = 1000;
const ATTEMPTS = 5;
const DELIMITER = "<IDS|MSG>";
/** A cell that leaves a mark if anybody ever runs it. */
const MARK = "(globalThis as any).unsignedRuns = ((globalThis as any).unsignedRuns ?? 0) + 1;";

const CHANNELS = ["shell", "control", "stdin"] as const;
type Channel = (typeof CHANNELS)[number];

/** What nobody may do to a kernel without its key. */
const FORBIDDEN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  execute_request: { code: MARK, silent: false, store_history: true, allow_stdin: false },
  shutdown_request: { restart: false },
  interrupt_request: {},
  input_reply: { status: "ok", value: "x" },
  comm_msg: { comm_id: "x", data: {} },
};

interface Attack {
  readonly channel: Channel;
  readonly frames: readonly Buffer[];
}

let messageCount = 0;

function frames(
  signer: Signer,
  msgType: unknown,
  content: unknown,
  more: Record<string, unknown> = {},
): Buffer[] {
  const header = {
    msg_id: `fuzz-${messageCount++}`,
    msg_type: msgType,
    session: "fuzz",
    username: "",
    date: "2026-01-01T00:00:00Z",
    version: "5.4",
    ...more,
  };
  const parts = [header, {}, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
  return [Buffer.from(DELIMITER), Buffer.from(signer.sign(parts)), ...parts];
}

const channel = fc.constantFrom(...CHANNELS);

/** Messages signed with the right key and then changed, or signed with another, or with none. */
function unsigned(signer: Signer): fc.Arbitrary<Attack> {
  const other = new Signer("another key");
  return fc
    .record({
      channel,
      type: fc.constantFrom(...Object.keys(FORBIDDEN)),
      place: fc.nat(7),
      changes,
      how: fc.constantFrom(
        "bytes",
        "bytes",
        "bytes",
        "key",
        "none",
        "drop",
        "swap",
        "double",
        "split",
      ),
      text: nastyText,
    })
    .map(({ channel: where, type, place, changes: list, how, text }) => {
      const wrongKey = how === "key" || how === "none";
      const message = frames(wrongKey ? other : signer, type, FORBIDDEN[type]);
      const at = place % message.length;
      const frame = message[at] ?? Buffer.alloc(0);
      if (how === "bytes") message[at] = mutated(frame, list);
      if (how === "none") message[1] = Buffer.from(text);
      if (how === "drop") message.splice(at, 1);
      if (how === "swap") message.splice(at, 2, ...message.slice(at, at + 2).reverse());
      if (how === "double") message.splice(at, 0, frame);
      if (how === "split")
        message.splice(
          at,
          1,
          frame.subarray(0, frame.length / 2),
          frame.subarray(frame.length / 2),
        );
      return { channel: where, frames: message };
    });
}

/** Messages in order but for what they say. */
function strange(signer: Signer): fc.Arbitrary<Attack> {
  return fc.constantFrom(...HARMLESS).chain(([type, sound]) =>
    fc
      .record({
        channel,
        content: jsonMutation(sound),
        header: fc.oneof(fc.constant({}), jsonMutation({ session: "s", version: "5.4", date: "" })),
        buffers: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 2 }),
      })
      .map(({ channel: where, content, header, buffers }) => ({
        channel: where,
        frames: [
          ...frames(signer, type, content, { ...header, msg_type: type }),
          ...buffers.map((buffer) => Buffer.from(buffer)),
        ],
      })),
  );
}

/** Whether the key's owner made it: what follows the delimiter is signed. */
function isSigned(message: readonly Buffer[], signer: Signer): boolean {
  const start = message.findIndex((frame) => frame.toString("latin1") === DELIMITER);
  const [signature, ...parts] = start < 0 ? [] : message.slice(start + 1);
  return (
    signature !== undefined &&
    parts.length >= 4 &&
    signature.toString("latin1") === signer.sign(parts.slice(0, 4))
  );
}

/** Both ends' decoders must refuse what is not signed, and with an error of their own. */
async function decodeBoth(
  { channel: where, frames: message }: Attack,
  signer: Signer,
  tally: Tally,
): Promise<void> {
  const decoders = {
    kernel: () => void decodeFrames(message, signer),
    server: () => fromFrames(where, message, signer),
  };
  for (const [end, decode] of Object.entries(decoders)) {
    let accepted = false;
    try {
      await decode();
      accepted = true;
    } catch (error) {
      const isOwn =
        error instanceof ProtocolError ||
        error instanceof TypeError ||
        error instanceof SyntaxError;
      if (!isOwn) throw new Finding(`the ${end}'s decoder threw ${error}`, Buffer.concat(message));
    }
    add(tally, `${accepted ? "read" : "refused"} by the ${end}'s decoder`);
    if (accepted && !isSigned(message, signer))
      throw new Finding(`the ${end}'s decoder read an unsigned message`, Buffer.concat(message));
  }
}

/** The sockets of somebody who has the connection file's ports. */
class Client {
  readonly #signer: Signer;
  readonly #sockets: Readonly<Record<Channel, Dealer>>;
  readonly #iopub = new XSubscriber({ linger: 0 });
  readonly #heartbeat: Request;
  readonly #waiting = new Map<string, (content: Record<string, unknown>) => void>();

  constructor(info: ConnectionInfo, signer: Signer) {
    this.#signer = signer;
    const dealer = () => new Dealer({ linger: 0, receiveHighWaterMark: 0 });
    this.#sockets = { shell: dealer(), control: dealer(), stdin: dealer() };
    for (const name of CHANNELS) {
      this.#sockets[name].connect(endpoint(info, name));
      void this.#listen(this.#sockets[name]);
    }
    this.#iopub.connect(endpoint(info, "iopub"));
    void this.#listen(this.#iopub);
    this.#heartbeat = new Request({ linger: 0, relaxed: true, correlate: true });
    this.#heartbeat.connect(endpoint(info, "hb"));
  }

  async send({ channel: where, frames: message }: Attack): Promise<void> {
    await this.#sockets[where].send(message as Buffer[]);
  }

  /** To the socket that only ever expects subscriptions. */
  async subscribe(bytes: Buffer): Promise<void> {
    await this.#iopub.send(bytes);
  }

  async ask(
    where: Channel,
    msgType: string,
    content: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const message = frames(this.#signer, msgType, content);
    const { msg_id } = JSON.parse(message[2]?.toString() ?? "") as { msg_id: string };
    const reply = new Promise<Record<string, unknown>>((resolve) => {
      this.#waiting.set(msg_id, resolve);
    });
    await this.send({ channel: where, frames: message });
    return await withinTime(`${msgType} on ${where}`, reply, HANG_MS);
  }

  async beat(): Promise<void> {
    await this.#heartbeat.send("ping");
    await withinTime("a heartbeat", this.#heartbeat.receive(), HANG_MS);
  }

  close(): void {
    for (const socket of [...Object.values(this.#sockets), this.#iopub, this.#heartbeat])
      socket.close();
  }

  async #listen(socket: AsyncIterable<Buffer[]>): Promise<void> {
    for await (const received of socket) {
      const at = received.findIndex((frame) => frame.toString("latin1") === DELIMITER);
      const [header, parent, , content] = received.slice(at + 2);
      if (header === undefined || parent === undefined || content === undefined) continue;
      const { msg_id = "" } = JSON.parse(parent.toString()) as { msg_id?: string };
      const { msg_type } = JSON.parse(header.toString()) as { msg_type: string };
      if (!msg_type.endsWith("_reply")) continue;
      this.#waiting.get(msg_id)?.(JSON.parse(content.toString()) as Record<string, unknown>);
      this.#waiting.delete(msg_id);
    }
  }
}

/** @throws Finding if the kernel is gone, does not answer, or ran a cell that nobody signed */
async function inspect(kernel: Victim, client: Client): Promise<void> {
  await kernel.requireHealthy();
  await client.beat();
  for (const where of ["control", "shell"] as const)
    await client.ask(where, "kernel_info_request", {});
  let reply: Record<string, unknown> = {};
  let text = "";
  // Strange cells and interrupts sent before may abort this one, or interrupt it.
  for (let attempt = 0; attempt < ATTEMPTS && !text.includes("undefined"); attempt++) {
    reply = await client.ask("shell", "execute_request", {
      code: "",
      silent: true,
      store_history: false,
      allow_stdin: false,
      user_expressions: { marks: "String(globalThis.unsignedRuns)" },
    });
    const expressions = reply.user_expressions as Record<string, { data?: Record<string, string> }>;
    text = expressions?.marks?.data?.["text/plain"] ?? "";
  }
  if (!text.includes("undefined"))
    throw new Finding(`a cell ran that nobody signed: ${JSON.stringify(reply)}`);
}

/** Bytes that are no ZMTP at all. */
function knock(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.setTimeout(200, () => socket.destroy());
    socket.resume();
  });
}

/** Broken, forged and strange messages to the decoders of both ends and to a kernel. */
export const fuzzZmq: FuzzTarget = async (run) => {
  const kernel = await startKernel(run.mostMemoryBytes);
  const signer = new Signer(kernel.info.key);
  const client = new Client(kernel.info, signer);
  const tally: Tally = {};
  const attack = fc.oneof(
    { weight: 19, arbitrary: unsigned(signer) },
    { weight: 1, arbitrary: strange(signer) },
  );
  try {
    await inspect(kernel, client);
    await inBatches(run, BATCH, async (size, seed) => {
      for (const each of fc.sample(attack, { numRuns: size, seed })) {
        await decodeBoth(each, signer, tally);
        const [, , header] = each.frames;
        const isForbidden = header?.includes("shutdown_request") || each.frames.some(isMark);
        if (isForbidden && isSigned(each.frames, signer)) continue; // a change that changed nothing
        await client.send(each);
      }
      for (const bytes of fc.sample(fc.uint8Array({ maxLength: 100 }), { numRuns: 4, seed })) {
        await client.subscribe(Buffer.from(bytes));
        await knock(kernel.info.shell_port, Buffer.from(bytes));
      }
      await inspect(kernel, client).catch(async (error) => {
        await kernel.requireHealthy();
        throw new Finding(`${(error as Error).message} (batch seed ${seed})\n${kernel.log()}`);
      });
    });
  } finally {
    client.close();
    await kernel.end();
  }
  return tally;
};

const isMark = (frame: Buffer): boolean => frame.includes("unsignedRuns");
