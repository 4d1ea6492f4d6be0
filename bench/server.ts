/**
 * `npm run bench:server`: the memory of `vitrine lab` with 200 MB of file that go up, are hashed, come down and are kept as
 * a checkpoint, and with 400 MB of output of which one client reads all and another nothing; and for how long its thread
 * served nobody else while notebooks of 32 MB were opened and saved, and while long messages went to a kernel and came from it.
 * Linux only: it reads /proc.
 *
 * The most that the process held in each part, above what it held before. Such numbers belong to the machine, the load and
 * the version of Node that printed them, so that no test asserts them: tests count the bytes that the server holds.
 */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WebSocket } from "ws";
import { type Lab, openChannels, startKernel, startLab } from "./lab.ts";
import { longestTurnsOfMessages } from "./serverMessages.ts";

const MIB = 2 ** 20;
const CHUNKS = 200;
const CELLS = 20;
const LINES_PER_CELL = 20;
const LINE_BYTES = 1_000_000;

/** 32 MB of lists of one number: what JSON takes longest over. */
const LISTS = 32 * 10 ** 6;

async function memoryOf({ child }: Lab): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { now: mebibytes("VmRSS"), peak: mebibytes("VmHWM") };
}

async function measure(server: Lab, what: string, action: () => Promise<void>): Promise<void> {
  const { now } = await memoryOf(server);
  await writeFile(`/proc/${server.child.pid}/clear_refs`, "5"); // forgets the peak so far
  await action();
  const { peak } = await memoryOf(server);
  process.stdout.write(
    `${what}: at most ${Math.round(peak - now)} MiB above ${Math.round(now)} MiB\n`,
  );
}

async function read(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`server bench: expected success, got ${response.status}.`);
  for await (const _ of response.body ?? []);
}

const upload = async (server: Lab): Promise<void> => {
  for (let index = 0; index < CHUNKS; index++) {
    const content = Buffer.alloc(MIB, index).toString("base64");
    const chunk = index === CHUNKS - 1 ? -1 : index + 1;
    const body = JSON.stringify({ type: "file", format: "base64", chunk, content });
    await read(await server.ask("api/contents/big.bin", "PUT", body));
  }
};

/** Resolves when the client has read a whole cell of output. */
function runCell(socket: WebSocket): Promise<void> {
  const code = `for (let i = 0; i < ${LINES_PER_CELL}; i++) console.log("x".repeat(${LINE_BYTES}))`;
  const header = { msg_id: crypto.randomUUID(), msg_type: "execute_request", session: "quick" };
  const content = { code, silent: false, store_history: true, allow_stdin: false };
  return new Promise((resolve) => {
    let isReplied = false;
    let isIdle = false;
    const listen = (data: Buffer): void => {
      const text = data.subarray(0, 4000).toString();
      if (!text.includes(header.msg_id)) return;
      isReplied ||= text.includes('"execute_reply"');
      isIdle ||= text.includes('"execution_state":"idle"');
      if (!isReplied || !isIdle) return;
      socket.off("message", listen);
      resolve();
    };
    socket.on("message", listen);
    socket.send(
      JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content }),
    );
  });
}

async function flood(server: Lab): Promise<void> {
  const id = await startKernel(server);
  const join = (session: string) => openChannels(server, id, session);
  const [quick, dead] = await Promise.all([join("quick"), join("dead")]);
  dead.pause();
  for (let cell = 0; cell < CELLS; cell++) await runCell(quick);
  for (const socket of [quick, dead]) socket.terminate();
}

/** A notebook with so many cells as a client saves it. */
function listNotebook(cellCount: number): string {
  const data = Array.from({ length: LISTS / cellCount / "[1],".length }, () => [1]);
  const output = {
    output_type: "display_data",
    metadata: {},
    data: { "application/json": data },
  };
  const cells = Array.from({ length: cellCount }, (_, index) => ({
    cell_type: "code",
    id: `${index}`,
    metadata: {},
    execution_count: 1,
    source: "",
    outputs: [output],
  }));
  const content = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  return JSON.stringify({ type: "notebook", format: "json", content });
}

/** Saves a notebook and opens it. */
async function holdUp(server: Lab, what: string, cellCount: number): Promise<void> {
  const time = async (action: string, ask: () => Promise<void>): Promise<void> => {
    await server.longestTurn();
    const startMs = performance.now();
    await ask();
    const seconds = (performance.now() - startMs) / 1000;
    const turnMs = Math.round(await server.longestTurn());
    process.stdout.write(
      `${what} ${action} in ${seconds.toFixed(1)} s, longest turn ${turnMs} ms\n`,
    );
  };
  const body = listNotebook(cellCount);
  await time("saved", async () => read(await server.ask("api/contents/lists.ipynb", "PUT", body)));
  await time("opened", async () => read(await server.ask("api/contents/lists.ipynb")));
}

const folder = await mkdtemp(join(tmpdir(), "vitrine-bench-"));
const server = await startLab(folder);
try {
  const ask = (path: string, method?: string) => server.ask(path, method).then(read);
  await measure(server, "200 MB up", () => upload(server));
  await measure(server, "their hash", () => ask("api/contents/big.bin?content=0&hash=1"));
  await measure(server, "200 MB down", () => ask("files/big.bin"));
  await measure(server, "their checkpoint", () => ask("api/contents/big.bin/checkpoints", "POST"));
  await measure(server, "400 MB of output", () => flood(server));
  await measure(server, "32 MB in one cell", () => holdUp(server, "32 MB in one cell", 1));
  await measure(server, "32 MB in 40 cells", () => holdUp(server, "32 MB in 40 cells", 40));
  await measure(server, "long messages", () => longestTurnsOfMessages(server));
} finally {
  server.child.kill("SIGTERM");
  await once(server.child, "exit");
  await rm(folder, { recursive: true });
}
