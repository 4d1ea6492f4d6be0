/**
 * Interrupts cells of every kind at random moments, on several versions of Node, which npm brings:
 *   npm run fuzz:interrupts
 *   npm run fuzz:interrupts -- --count 100 --node 20,24 --seed 7
 * The seed, also taken from TEST_SEED, gives the same kinds and moments. The kinds are those of
 * test/conformance/interrupt_check.py, which the tests interrupt once each, when they have begun.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kernelSpec, writeKernelspec } from "../kernel/install/kernelspec.ts";
import { inRepository } from "./build/repository.ts";
import { findJupyterPython } from "./test/findJupyterPython.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    node: { type: "string", default: "20,22,24" },
    seed: { type: "string", default: process.env.TEST_SEED ?? `${randomInt(2 ** 31)}` },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The newest release of a version of Node, from npm's package `node`, installed once. */
function nodeOf(version: string): string {
  const folder = inRepository(".vitrine", "node", version);
  const binary = join(folder, "node_modules", "node", "bin", "node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}\n");
  const args = ["install", "--no-audit", "--no-fund", "--no-save", `node@${version}`];
  const { status } = spawnSync("npm", args, { cwd: folder, stdio: "inherit" });
  if (status !== 0 || !existsSync(binary)) {
    throw new Error(`npm install node@${version}: expected ${binary}, got none.`);
  }
  return binary;
}

/** @returns whether every interrupt ended its cell and nothing else */
async function interruptOn(version: string, python: string): Promise<boolean> {
  const prefix = mkdtempSync(join(tmpdir(), "vitrine-interrupts-"));
  try {
    const spec = kernelSpec(inRepository("dist", "kernel.js"));
    const argv = [nodeOf(version), ...spec.argv.slice(1)];
    const data = join(prefix, "share", "jupyter");
    mkdirSync(join(data, "kernels"), { recursive: true });
    await writeKernelspec(join(data, "kernels", "vitrine"), { ...spec, argv });
    const script = inRepository("test", "conformance", "interrupt_check.py");
    print(`Node ${version}: ${values.count} interrupts, seed ${values.seed}`);
    const { status, stdout } = spawnSync(python, [script, prefix, ""], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        JUPYTER_PATH: data,
        JUPYTER_DATA_DIR: join(prefix, "data"),
        INTERRUPTS: values.count,
        LATEST_S: "0.03",
        TEST_SEED: values.seed,
        ONLY: "every_kind",
      },
    });
    const checks = stdout.split("\n").filter((line) => line.startsWith("{"));
    const failures = checks.flatMap((line) => {
      const { failure } = JSON.parse(line) as { failure: string | null };
      return failure === null ? [] : [failure];
    });
    for (const failure of failures) print(failure);
    return status === 0 && checks.length > 0 && failures.length === 0;
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
}

const python = findJupyterPython();
if (python === null) throw new Error("expected a Python with jupyter_client, got none.");
const failed: string[] = [];
for (const version of values.node.split(",")) {
  if (!(await interruptOn(version, python))) failed.push(version);
}
print(failed.length === 0 ? "no interrupt failed" : `failed on Node ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
