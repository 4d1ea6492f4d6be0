import type { WebSocket } from "ws";
import { rawMessage } from "../kernel/server/channels/rawMessage.ts";
import { V1_PROTOCOL, v1Protocol } from "../kernel/server/channels/v1Protocol.ts";
import { type Lab, openChannels, startKernel } from "./lab.ts";

const MB = 10 ** 6;
const SIZES_MB = [32, 64];

/** Prints for how long the server's thread served nobody else while one long message went each way, under each protocol. */
export async function longestTurnsOfMessages(server: Lab): Promise<void> {
  const kernelId = await startKernel(server);
  for (const protocol of ["", V1_PROTOCOL]) {
    const named = protocol === "" ? [] : [protocol];
    const page = await openChannels(server, kernelId, `page ${protocol}`, named);
    for (const sizeMb of SIZES_MB) {
      const long = "x".repeat(sizeMb * MB);
      const show = `({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "x".repeat(${sizeMb * MB}) }) })`;
      const of = `of ${sizeMb} MB, protocol ${protocol === "" ? "without a name" : protocol}`;
      await time(server, `message from a page ${of}`, () => run(page, protocol, "1", long));
      await time(server, `message to a page ${of}`, () => run(page, protocol, show));
    }
    page.terminate();
  }
}

async function time(server: Lab, what: string, action: () => Promise<void>): Promise<void> {
  await server.longestTurn();
  await action();
  process.stdout.write(`${what}: longest turn ${Math.round(await server.longestTurn())} ms\n`);
}

/** Runs a cell, with something in its request that the kernel does not read. Resolves when the page has its end. */
function run(page: WebSocket, protocol: string, code: string, unread = ""): Promise<void> {
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const header = {
    msg_id: crypto.randomUUID(),
    msg_type: "execute_request",
    session: `page ${protocol}`,
  };
  const content = { code, silent: false, store_history: true, allow_stdin: false, unread };
  const ended = new Promise<void>((resolve) => {
    let isReplied = false;
    let isIdle = false;
    const listen = (data: Buffer): void => {
      if (!data.subarray(0, 4000).includes(header.msg_id)) return;
      isReplied ||= data.subarray(0, 4000).includes('"execute_reply"');
      isIdle ||= data.byteLength < 4000 && data.includes('"execution_state":"idle"');
      if (!isReplied || !isIdle) return;
      page.off("message", listen);
      resolve();
    };
    page.on("message", listen);
  });
  if (protocol === "")
    page.send(
      JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content }),
    );
  else {
    const empty = json({});
    const parts = { header: json(header), parent: empty, metadata: empty, buffers: [] };
    page.send(
      Buffer.concat(
        v1Protocol.encode(rawMessage("shell", { ...parts, content: json(content) })).parts,
      ),
    );
  }
  return ended;
}
