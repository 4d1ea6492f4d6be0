import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inRepository } from "../../scripts/build/repository.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";
import { testWhere } from "../fixtures/testWhere.ts";

const PRINT = fileURLToPath(new URL("../fixtures/quietAdapter/printThroughC.ts", import.meta.url));
const IN_THREAD = fileURLToPath(new URL("../fixtures/quietAdapter/inThread.ts", import.meta.url));
const node = (...args: string[]): string[] => [process.execPath, ...TYPESCRIPT_FLAGS, ...args];

/** What a command prints, where what is printed on one stream stays in order. */
function printed([command = "", ...args]: string[], variables: NodeJS.ProcessEnv = {}): string[] {
  const env = { ...process.env, VITRINE_GPU_LOG: "", ...variables };
  const done = spawnSync(command, args, { encoding: "utf8", env, cwd: inRepository(".") });
  assert.equal(done.status, 0, done.stderr);
  const lines = `${done.stdout}${done.stderr}`.split(/\r?\n/);
  return lines.map((line) => line.replace(/^Warning: .* reduced from (\d) to .*\.$/, "note $1"));
}

const QUIET = ["JavaScript", "a driver: grüße", "JavaScript", "a driver: grüße"];
const ALL = ["note 1", "a driver: grüße", "JavaScript", "note 2"];
const AFTER = ["refused", "note 3", ""];

// Notes come from Vulkan drivers alone, and Dawn uses Vulkan on Linux.
const onLinux = testWhere(process.platform === "linux");

onLinux("of what native code prints into a pipe the notes are kept back, and nothing else", () => {
  assert.deepEqual(printed(node(PRINT)), [...QUIET, ...AFTER]);
});

onLinux("so it is in a worker thread", () => {
  assert.deepEqual(printed(node(IN_THREAD, PRINT)), [...QUIET, ...AFTER]);
});

onLinux("VITRINE_GPU_LOG=1 shows everything as it comes", () => {
  assert.deepEqual(printed(node(PRINT), { VITRINE_GPU_LOG: "1" }), [...ALL, ...ALL, ...AFTER]);
});

// A terminal is made by util-linux's script.
const terminal = "/usr/bin/script";
const onTerminal = testWhere(process.platform === "linux" && existsSync(terminal));

onTerminal("so it is on a terminal", () => {
  const quoted = node(PRINT)
    .map((part) => `'${part.replaceAll("'", "'\\''")}'`)
    .join(" ");
  assert.deepEqual(printed([terminal, "-qec", quoted, "/dev/null"]), [...QUIET, ...AFTER]);
});
