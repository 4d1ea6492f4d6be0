import { connect } from "node:net";
import fc from "fast-check";
import { WebSocket } from "ws";
import { legacyProtocol } from "../../kernel/server/channels/legacyProtocol.ts";
import { type RawMessage, rawMessage } from "../../kernel/server/channels/rawMessage.ts";
import { V1_PROTOCOL, v1Protocol } from "../../kernel/server/channels/v1Protocol.ts";
import { JsonProcess } from "../../kernel/server/json/jsonProcess.ts";
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
import { changes, jsonMutation, mutated } from "./mutations.ts";
import { type ServerVictim, startLab } from "./victims.ts";

const BATCH = 500;
/** Messages that one socket may have on the way before the next waits. */
const MOST_BUFFERED_BYTES = 2 ** 20;
const RAW_CONNECTIONS = 3;

/** No message is long enough to leave this process. */
const here = new JsonProcess({ script: "" }, () => undefined);
const PROTOCOLS = { [V1_PROTOCOL]: v1Protocol, "": legacyProtocol(here) } as const;
type ProtocolName = keyof typeof PROTOCOLS;
const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

interface Attack {
  readonly protocol: ProtocolName;
  readonly data: Buffer;
  readonly isBinary: boolean;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
let messageCount = 0;

function message(
  msgType: string,
  content: unknown,
  channel: RawMessage["channel"] = "shell",
  buffers: readonly Uint8Array[] = [],
  session = "fuzz",
): RawMessage {
  const header = {
    msg_id: `fuzz-${messageCount++}`,
    msg_type: msgType,
    session,
    username: "",
    version: "5.4",
  };
  const parts = { header: json(header), parent: json({}), metadata: json({}) };
  return rawMessage(channel, { ...parts, content: json(content), buffers });
}

const request = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom(...HARMLESS.filter((each) => !isCostly(each))),
  },
  { weight: 1, arbitrary: fc.constantFrom(...HARMLESS) },
);

/** Requests that the compiler has to work for. */
function isCostly([type, { command }]: (typeof HARMLESS)[number]): boolean {
  return /^(execute|complete|inspect)/.test(type) || command === "evaluate";
}

const attacks: fc.Arbitrary<Attack> = request.chain(([msgType, sound]) =>
  fc
    .record({
      protocol: fc.constantFrom(...PROTOCOL_NAMES),
      channel: fc.constantFrom<RawMessage["channel"]>("shell", "control", "stdin", "iopub"),
      content: fc.oneof(fc.constant(sound), jsonMutation(sound)),
      buffers: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 2 }),
      changes: fc.option(changes, { nil: null, freq: 5 }),
      mixUp: fc.nat(20),
    })
    .map(({ protocol, channel, content, buffers, changes: list, mixUp }) => {
      const encoded = PROTOCOLS[protocol].encode(message(msgType, content, channel, buffers));
      const data = Buffer.concat(encoded.parts);
      return {
        protocol,
        data: list === null ? data : mutated(data, list),
        isBinary: encoded.isBinary !== (mixUp === 0),
      };
    }),
);

/** Both decoders may only ever refuse with an error of their own, and read nothing past the end. */
async function decode({ data, isBinary }: Attack, tally: Tally): Promise<void> {
  for (const [name, protocol] of Object.entries(PROTOCOLS)) {
    try {
      const { sizeBytes } = await protocol.decode(data, isBinary);
      if (sizeBytes > 6 * data.length + 64) throw new Finding("more was read than sent", data);
      add(tally, `read as ${name || "legacy"}`);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      add(tally, `refused as ${name || "legacy"}`);
    }
  }
}

/** A page of the workspace, as far as one kernel is concerned. */
class Page {
  readonly #url: string;
  readonly #protocol: string;
  readonly #session: string;
  #socket: WebSocket | null = null;
  readonly #waiting = new Map<string, () => void>();

  constructor({ port, token }: ServerVictim, kernelId: string, protocol: string, session: string) {
    this.#protocol = protocol;
    this.#session = session;
    this.#url = `ws://127.0.0.1:${port}/api/kernels/${kernelId}/channels?session_id=${session}&token=${token}`;
  }

  async send(data: Uint8Array, isBinary: boolean): Promise<void> {
    const socket = await this.#open();
    socket.send(data, { binary: isBinary });
    while (socket.bufferedAmount > MOST_BUFFERED_BYTES && socket.readyState === WebSocket.OPEN)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Resolves when the kernel has answered. */
  async ask(channel: "shell" | "control"): Promise<void> {
    const question = message("kernel_info_request", {}, channel, [], this.#session);
    const reply = new Promise<void>((resolve) => this.#waiting.set(question.msgId, resolve));
    await this.send(Buffer.concat(v1Protocol.encode(question).parts), true);
    await withinTime(`a kernel_info_reply on ${channel}`, reply, HANG_MS);
  }

  close(): void {
    this.#socket?.terminate();
  }

  async #open(): Promise<WebSocket> {
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#socket;
    const socket = new WebSocket(this.#url, this.#protocol === "" ? [] : [this.#protocol]);
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      const text = data.toString("latin1");
      if (!text.includes("kernel_info_reply")) return;
      for (const [id, resolve] of this.#waiting) if (text.includes(`"${id}"`)) resolve();
    });
    await withinTime(
      "a WebSocket",
      new Promise((resolve) => socket.once("open", resolve)),
      HANG_MS,
    );
    this.#socket = socket;
    return socket;
  }
}

/** A frame of RFC 6455 from a client. */
function frame(data: Buffer): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length);
  const head = Buffer.concat([Buffer.from([0x82, 0x80 | 126]), length, mask]);
  return Buffer.concat([head, data.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** Sends frames that break the rules of WebSockets themselves, and goes away. */
function breakRules(server: ServerVictim, kernelId: string, frames: Buffer[]): Promise<void> {
  const head = [
    `GET /api/kernels/${kernelId}/channels?session_id=raw&token=${server.token} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    `Sec-WebSocket-Protocol: ${V1_PROTOCOL}`,
  ];
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
    });
    socket.once("data", () => {
      socket.resume();
      socket.end(Buffer.concat(frames));
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.setTimeout(300, () => socket.destroy());
  });
}

async function startKernel(server: ServerVictim): Promise<string> {
  const response = await server.ask("api/kernels", "POST", JSON.stringify({ name: "vitrine" }));
  return ((await response.json()) as { id: string }).id;
}

/** Broken and strange WebSocket messages, in both protocols, to `vitrine lab` and through it to its kernel. */
export const fuzzWebSocket: FuzzTarget = async (run) => {
  const server = await startLab(run.mostMemoryBytes);
  const tally: Tally = {};
  try {
    const kernelId = await startKernel(server);
    const honest = new Page(server, kernelId, V1_PROTOCOL, "honest");
    const attackers = new Map(
      PROTOCOL_NAMES.map((protocol) => [
        protocol,
        new Page(server, kernelId, protocol, `attacker-${protocol || "legacy"}`),
      ]),
    );
    await inBatches(run, BATCH, async (size, seed) => {
      const batch = fc.sample(attacks, { numRuns: size, seed });
      for (const attack of batch) {
        await decode(attack, tally);
        await attackers.get(attack.protocol)?.send(attack.data, attack.isBinary);
      }
      for (let index = 0; index < RAW_CONNECTIONS; index++) {
        const some = batch.slice(index * 10, (index + 1) * 10);
        const lists = fc.sample(changes, { numRuns: some.length, seed: seed + index });
        const frames = some.map(({ data }, at) => mutated(frame(data), lists[at] ?? []));
        await breakRules(server, kernelId, frames);
      }
      await inspect(server, honest).catch(async (error) => {
        await server.requireHealthy();
        throw new Finding(`${(error as Error).message} (batch seed ${seed})\n${server.log()}`);
      });
    });
    for (const page of [honest, ...attackers.values()]) page.close();
  } finally {
    await server.end();
  }
  return tally;
};

async function inspect(server: ServerVictim, honest: Page): Promise<void> {
  await server.requireHealthy();
  const status = await withinTime("a sound request", server.ask("api/status"), HANG_MS);
  if (!status.ok) throw new Finding(`a sound request was answered with ${status.status}`);
  for (const channel of ["control", "shell"] as const) await honest.ask(channel);
}
