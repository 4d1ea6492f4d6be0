import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { testWhere } from "../fixtures/testWhere.ts";

const source = inRepository("engine/backend/webgpu/quietScreen.node.ts");
const program = `
import { writeSync } from "node:fs";
import { onQuietScreen } from ${JSON.stringify(source)};
const result = onQuietScreen(() => {
  writeSync(2, "inside ");
  return 7;
});
writeSync(2, "after ");
try {
  onQuietScreen(() => {
    writeSync(2, "again ");
    throw new Error("thrown");
  });
} catch (error) {
  writeSync(2, error.message + result);
}
`;

const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", program];

function run(command: string, args: string[], variables: NodeJS.ProcessEnv = {}): string {
  const env = { ...process.env, VITRINE_GPU_LOG: "", ...variables };
  const done = spawnSync(command, args, { encoding: "utf8", env, cwd: inRepository(".") });
  assert.equal(done.status, 0, done.stderr);
  return `${done.stdout}${done.stderr}`;
}

// A terminal is made by util-linux's script.
const terminal = "/usr/bin/script";
const quoted = node.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(" ");
const onTerminal = ["-qec", quoted, join("/", "dev", "null")];
const where = testWhere(process.platform === "linux" && existsSync(terminal));

where("what native code prints on a terminal stays off it, and all else is shown", () => {
  assert.equal(run(terminal, onTerminal), "after thrown7");
});

where("VITRINE_GPU_LOG=1 shows it", () => {
  const shown = run(terminal, onTerminal, { VITRINE_GPU_LOG: "1" });
  assert.equal(shown, "inside after again thrown7");
});

test("where the stream is no terminal nothing of it is lost", () => {
  const [command = "", ...args] = node;
  assert.equal(run(command, args), "inside after again thrown7");
});
