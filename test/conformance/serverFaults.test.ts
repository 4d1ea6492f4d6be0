import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type Kernel,
  KernelManager,
  KernelMessage,
  type Session,
  SessionManager,
} from "@jupyterlab/services";
import { WebSocket } from "ws";
import { kernelSpec } from "../../kernel/install/kernelspec.ts";
import { OUTBOX_LIMITS } from "../../kernel/server/channels/outbox.ts";
import { parseKernelSpec } from "../../kernel/server/kernels/kernelSpecs.ts";
import type { KernelSpec } from "../../kernel/server/startServer.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import {
  type ServerProcess,
  serverFolder,
  startServerProcess,
} from "../fixtures/server/serverProcess.ts";
import { startTestServer, type TestServer, testSpec } from "../fixtures/server/testServer.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until } from "../fixtures/until.ts";

interface Victim {
  readonly name: string;
  readonly spec: () => KernelSpec;
  /** A cell that prints its process and does not end. */
  readonly endless: string;
  readonly product: string;
}

const VICTIMS: readonly Victim[] = [
  {
    name: "a test kernel",
    spec: () => testSpec("test"),
    endless: "kernel.print(String(kernel.process.pid)); await kernel.sleep(1e9)",
    product: "return 6 * 7",
  },
  {
    name: "the kernel of this package in an await",
    spec: ownSpec,
    endless: "console.log(process.pid); await new Promise((done) => setTimeout(done, 1e9))",
    product: "6 * 7",
  },
  {
    name: "the kernel of this package in a loop",
    spec: ownSpec,
    endless: "console.log(process.pid); for (;;);",
    product: "6 * 7",
  },
];

/** The kernel that `npm run build` made, as it would be installed. */
function ownSpec(): KernelSpec {
  const kernel = inRepository("dist", "kernel.js");
  assert.ok(existsSync(kernel), `expected ${kernel}, got nothing. Run npm run build first.`);
  const spec = parseKernelSpec(JSON.stringify(kernelSpec(kernel)), "");
  assert.ok(spec);
  return spec;
}

for (const { name, spec, endless, product } of VICTIMS)
  test(`${name}, killed in the middle of a cell: the page is told, and the session goes on`, async () => {
    const host = await startTestServer({ kernelspecs: { victim: spec() } });
    const kernels = new KernelManager({ serverSettings: host.settings });
    const sessions = new SessionManager({ serverSettings: host.settings, kernelManager: kernels });
    try {
      await sessions.ready;
      const session: Session.ISessionConnection = await sessions.startNew({
        path: "cut.ipynb",
        name: "cut.ipynb",
        type: "notebook",
        kernel: { name: "victim" },
      });
      const kernel = session.kernel as Kernel.IKernelConnection;
      const { id } = kernel;
      const told: string[] = [];
      session.statusChanged.connect((_, status) => void told.push(status));
      const cell = kernel.requestExecute({ code: endless });
      const pid = new Promise<number>((resolve) => {
        cell.onIOPub = (message) => {
          if (KernelMessage.isStreamMsg(message)) resolve(Number(message.content.text));
        };
      });
      process.kill(await pid, "SIGKILL");
      await assert.rejects(cell.done, /Canceled/, "nobody waits for a cell that has died");
      await until("an idle kernel", () => kernel.status === "idle");
      assert.ok(told.includes("autorestarting"), told.join(" "));
      assert.equal(session.kernel?.id, id, "the same kernel, as far as the session knows");
      const again = kernel.requestExecute({ code: product });
      const results: unknown[] = [];
      again.onIOPub = (message) => {
        if (KernelMessage.isExecuteResultMsg(message)) results.push(message.content.data);
      };
      assert.equal((await again.done).content.status, "ok");
      assert.deepEqual(results, [{ "text/plain": "42" }]);
      assert.match(host.logged.join("\n"), /ended unexpectedly by SIGKILL/);
    } finally {
      sessions.dispose();
      kernels.dispose();
      await host.close();
    }
  });

const textFile = (content: string) => JSON.stringify({ type: "file", format: "text", content });

interface Full {
  readonly server: ServerProcess;
  /** The served folder as the server sees it. */
  readonly root: string;
  /** What the disk says, and the answer that makes of it. */
  readonly answer: RegExp;
}

/** Everything that writes is refused by a disk that is full, and leaves what was there. */
async function refusesToWrite({ server, root, answer }: Full): Promise<void> {
  assert.equal(
    (await server.fetch("api/contents/old.txt", { method: "PUT", body: textFile("old") })).status,
    201,
  );
  const notebook = { cells: [], metadata: { kept: true }, nbformat: 4, nbformat_minor: 5 };
  const saved = JSON.stringify({ type: "notebook", format: "json", content: notebook });
  assert.equal(
    (await server.fetch("api/contents/old.ipynb", { method: "PUT", body: saved })).status,
    201,
  );
  const before = await readFile(join(root, "old.ipynb"), "utf8");
  const big = "x".repeat(3 * 2 ** 20);
  const chunk = (number: number) =>
    JSON.stringify({ type: "file", format: "text", content: big, chunk: number });
  const cell = { cell_type: "markdown", id: "a", metadata: {}, source: big };
  const bigNotebook = { ...notebook, cells: [cell] };
  const attempts: [method: string, path: string, body: string][] = [
    ["PUT", "old.txt", textFile(big)],
    ["PUT", "new.txt", textFile(big)],
    [
      "PUT",
      "old.ipynb",
      JSON.stringify({ type: "notebook", format: "json", content: bigNotebook }),
    ],
    ["PUT", "upload.bin", chunk(1)],
  ];
  for (const [method, path, body] of attempts) {
    const response = await server.fetch(`api/contents/${path}`, { method, body });
    assert.equal(response.status, 507, path);
    const { message } = (await response.json()) as { message: string };
    assert.match(message, answer);
    assert.ok(message.startsWith(`save ${path}: expected`), message);
  }
  assert.equal(await readFile(join(root, "old.txt"), "utf8"), "old");
  assert.equal(await readFile(join(root, "old.ipynb"), "utf8"), before);
  const names = (await readdir(root)).filter((name) => name !== ".ipynb_checkpoints");
  assert.deepEqual(names.sort(), ["old.ipynb", "old.txt"], "nothing half written is left");
  const fits = await server.fetch("api/contents/old.txt", {
    method: "PUT",
    body: textFile("newer"),
  });
  assert.equal(fits.status, 200, "what fits is still saved");
}

/** Gives one process a small disk of its own; the first argument of the shell is where. */
const SMALL_DISK = [
  ...["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])],
  ...["sh", "-c", 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'],
];
/** Only Linux can, and a container may forbid it; the limit on the size of files below fails writes everywhere. */
const canMount = (): boolean => {
  const [command = "", ...args] = SMALL_DISK;
  return spawnSync(command, [...args, tmpdir(), "true"], { stdio: "ignore" }).status === 0;
};

testWhere(canMount())(
  "a full disk is named in the answer, and the old file stays whole",
  async () => {
    const folder = await serverFolder();
    const root = join(folder, "root");
    const server = await startServerProcess(folder, { wrap: [...SMALL_DISK, root] });
    try {
      const inside = join("/proc", String(server.child.pid), "root", root);
      await refusesToWrite({ server, root: inside, answer: /got ENOSPC\. Free some space/ });
      const copied = await server.fetch("api/contents/old.txt", {
        method: "PUT",
        body: textFile("y".repeat(1_500_000)),
      });
      assert.equal(copied.status, 200);
      const before = (await readdir(inside)).sort();
      for (const [path, body] of [
        ["api/contents", '{"copy_from": "old.txt"}'],
        ["api/contents/old.txt/checkpoints", ""],
      ] as const) {
        const response = await server.fetch(path, { method: "POST", body });
        assert.equal(response.status, 507, path);
      }
      const after = (await readdir(inside)).filter((name) => name !== ".ipynb_checkpoints");
      assert.deepEqual(
        after.sort(),
        before.filter((name) => name !== ".ipynb_checkpoints"),
      );
    } finally {
      await server.kill();
      await rm(folder, { recursive: true });
    }
  },
);

testWhere(process.platform !== "win32")(
  "a limit on the size of files is named in the answer, and the old file stays whole",
  async () => {
    const folder = await serverFolder();
    const server = await startServerProcess(folder, {
      wrap: ["sh", "-c", 'ulimit -f 2048 && exec "$0" "$@"'], // in units of 512 bytes
    });
    try {
      await refusesToWrite({
        server,
        root: join(folder, "root"),
        answer: /got EFBIG\. Save a smaller file/,
      });
    } finally {
      await server.kill();
      await rm(folder, { recursive: true });
    }
  },
);

/** As many cells as that, each of which the quick client has read before the next. */
const FLOOD_CELLS = 20;
const FLOOD_MESSAGES = 400;
const FLOOD_BYTES = 1_000_000;
/** What a message has beside its text, in any form; far less is a fault of no interest here. */
const AROUND_BYTES = 10_000;
/** Of one client: what waits, what is on the way, and the same as its socket has it; each may pass its bound by a message. */
const MOST_HELD_BYTES =
  OUTBOX_LIMITS.queueBytes + 2 * (OUTBOX_LIMITS.windowBytes + FLOOD_BYTES + AROUND_BYTES);

/** A client that counts what it gets. */
class Counter {
  readonly socket: WebSocket;
  messages = 0;
  notices = 0;
  repliesLeft = 0;

  constructor({ server }: TestServer, kernelId: string, session: string) {
    const url = `${server.baseUrl.replace("http", "ws")}api/kernels/${kernelId}/channels?session_id=${session}&token=${server.token}`;
    this.socket = new WebSocket(url);
    this.socket.on("message", (data: Buffer) => {
      const head = data.subarray(0, 2000).toString();
      if (/"msg_type":"stream"/.test(head)) {
        if (data.length > FLOOD_BYTES) this.messages++;
        else if (data.toString().includes("were dropped here")) this.notices++;
      }
      if (/"msg_type":"execute_reply"/.test(head)) this.repliesLeft--;
    });
  }

  run(code: string): void {
    this.repliesLeft++;
    const header = { msg_id: "m", msg_type: "execute_request", session: "quick", username: "" };
    const content = { code, silent: false, store_history: true, allow_stdin: false };
    const message = { channel: "shell", header, parent_header: {}, metadata: {}, content };
    this.socket.send(JSON.stringify(message));
  }
}

test("a dead client under a flood of output costs bounded memory, and the others get all of it", async (t) => {
  const held = { quick: 0, dead: 0 };
  const host = await startTestServer({
    onHeld(session, bytes) {
      const name = session === "dead" ? "dead" : "quick";
      held[name] = Math.max(held[name], bytes);
    },
  });
  try {
    const started = await host.fetch("api/kernels", { method: "POST" });
    const { id } = (await started.json()) as { id: string };
    const quick = new Counter(host, id, "quick");
    const dead = new Counter(host, id, "dead");
    await Promise.all(
      [quick, dead].map(({ socket }) => new Promise((resolve) => socket.once("open", resolve))),
    );
    // The server gives up who is silent for long. On a slow machine it may, and the client comes back as a page does.
    const comeback: Counter[] = [];
    dead.socket.on("close", () => void comeback.push(new Counter(host, id, "dead")));
    dead.socket.pause();
    for (let cell = 1; cell <= FLOOD_CELLS; cell++) {
      const messages = FLOOD_MESSAGES / FLOOD_CELLS;
      quick.run(
        `const text = "x".repeat(${FLOOD_BYTES}); for (let i = 0; i < ${messages}; i++) await kernel.print(text);`,
      );
      const isRead = () => quick.repliesLeft === 0 && quick.messages === cell * messages;
      await until("a cell to be read", isRead);
    }
    assert.equal(quick.messages, FLOOD_MESSAGES);
    assert.equal(quick.notices, 0);
    t.diagnostic(`at most ${JSON.stringify(held)} bytes held for 400 MB of output`);
    assert.ok(held.dead <= MOST_HELD_BYTES, `${held.dead} bytes held, ${MOST_HELD_BYTES} at most`);
    assert.ok(held.dead > OUTBOX_LIMITS.queueBytes / 2, "kept for it as long as there was room");
    dead.socket.resume();
    const lives = () => [dead, ...comeback];
    const heard = () => lives().some(({ notices }) => notices > 0);
    await until("the dead one to hear what it missed", heard);
    for (const { messages } of lives())
      assert.ok(messages < FLOOD_MESSAGES, `${messages} of ${FLOOD_MESSAGES}`);
    dead.socket.removeAllListeners("close");
    for (const { socket } of [quick, ...lives()]) socket.terminate();
  } finally {
    await host.close();
  }
});
