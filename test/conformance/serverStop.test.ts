import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { KernelAPI, KernelManager, KernelMessage, ServerConnection } from "@jupyterlab/services";
import { inRepository } from "../../scripts/build/repository.ts";
import { testSpec } from "../fixtures/server/testServer.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until, untilEqual } from "../fixtures/until.ts";

const hasSignals = process.platform !== "win32";

let folder: string;
const started: ChildProcess[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vitrine-stop-"));
  const kernel = join(folder, "jupyter", "kernels", "stubborn");
  await mkdir(kernel, { recursive: true });
  const { argv } = testSpec("stubborn", "--stubborn"); // ignores SIGTERM and the request to shut down
  await writeFile(
    join(kernel, "kernel.json"),
    JSON.stringify({ argv, display_name: "Stubborn", language: "x", interrupt_mode: "message" }),
  );
});
after(async () => {
  for (const child of started) child.kill("SIGKILL"); // of tests that failed: this process would wait for them
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Lab {
  readonly child: ChildProcess;
  readonly home: string;
  readonly settings: ServerConnection.ISettings;
  readonly exited: Promise<unknown[]>;
}

/** `vitrine lab` as a user starts it. */
async function startLab(name: string): Promise<Lab> {
  const home = join(folder, name);
  await mkdir(join(home, "root"), { recursive: true });
  const args = ["lab", "--root", join(home, "root"), "--port", "0", "--no-browser"];
  const child = spawn(process.execPath, [inRepository("bin/vitrine.mjs"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      VITRINE_CONFIG_DIR: join(home, "config"),
      JUPYTER_PATH: join(folder, "jupyter"),
      JUPYTER_DATA_DIR: join(home, "data"),
      JUPYTER_RUNTIME_DIR: join(home, "runtime"),
    },
  });
  started.push(child);
  const exited = once(child, "exit");
  let text = "";
  for await (const chunk of child.stdout!) {
    text += chunk;
    if (/token=\S+/.test(text)) break; // which closes the pipe, as a terminal that is closed does
  }
  const url = new URL(/http:\S+/.exec(text)?.[0] ?? "");
  const settings = ServerConnection.makeSettings({
    baseUrl: url.origin,
    wsUrl: url.origin.replace("http", "ws"),
    token: url.searchParams.get("token") ?? "",
    appendToken: true,
  });
  return { child, home, settings, exited };
}

/** Starts a kernel and, from a cell, a program that would run for ten minutes. @returns both ids */
async function startKernel({ settings }: Lab, name: string): Promise<number[]> {
  const manager = new KernelManager({ serverSettings: settings });
  const kernel = await manager.startNew({ name });
  const spawning =
    'const { spawn } = await import("node:child_process"); const ids = [process.pid, spawn("sleep", ["600"]).pid].join(" ");';
  const code =
    name === "vitrine"
      ? `${spawning} console.log(ids);`
      : `const { process } = kernel; ${spawning} await kernel.print(ids);`;
  let text = "";
  const cell = kernel.requestExecute({ code });
  cell.onIOPub = (message) => {
    if (KernelMessage.isStreamMsg(message)) text += message.content.text;
  };
  const reply = await cell.done;
  assert.equal(reply.content.status, "ok", JSON.stringify(reply.content));
  kernel.dispose();
  manager.dispose();
  const ids = text.trim().split(" ").map(Number);
  assert.equal(ids.length, 2);
  return ids;
}

/** A process that has ended and whose parent has not looked is gone too. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") R");
  return !/\) Z/.test(status);
}

const living = async (pids: readonly number[]): Promise<number[]> => {
  const alive = await Promise.all(pids.map(isAlive));
  return pids.filter((_, index) => alive[index]);
};

const SIGNALS = hasSignals ? (["SIGINT", "SIGTERM", "SIGHUP"] as const) : [];
const each = { concurrency: Math.max(1, SIGNALS.length) };

describe(
  "with kernels that ignore every polite request, their children and an upload",
  each,
  () => {
    for (const signal of SIGNALS) {
      it(`${signal} ends the server and leaves nothing behind`, async () => {
        const lab = await startLab(signal);
        const kernels = await Promise.all([
          startKernel(lab, "stubborn"),
          startKernel(lab, "stubborn"),
        ]);
        const pids = kernels.flat();
        assert.equal((await living(pids)).length, 4);
        const body = JSON.stringify({ type: "file", format: "text", content: "half", chunk: 1 });
        const upload = await ServerConnection.makeRequest(
          `${lab.settings.baseUrl}api/contents/half.txt`,
          { method: "PUT", body },
          lab.settings,
        );
        assert.equal(upload.status, 201);
        assert.equal((await readdir(join(lab.home, "root"))).length, 1);
        lab.child.kill(signal);
        const [code] = await lab.exited;
        assert.equal(code, 0);
        // What kernels had started was killed: it is gone once it has had its turn on a processor.
        await untilEqual(() => living(pids), []);
        assert.deepEqual(await readdir(join(lab.home, "runtime")), []);
        assert.deepEqual(await readdir(join(lab.home, "root")), [], "the upload that broke off");
      });
    }
  },
);

testWhere(hasSignals)("kernels of a server that is killed find out and end", async () => {
  const lab = await startLab("killed");
  const [kernel = 0, sleeper = 0] = await startKernel(lab, "vitrine");
  lab.child.kill("SIGKILL");
  await lab.exited;
  await until("the kernel to end", async () => !(await isAlive(kernel)));
  if (await isAlive(sleeper)) process.kill(sleeper);
  await assert.rejects(KernelAPI.listRunning(lab.settings));
});
