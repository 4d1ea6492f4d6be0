import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inRepository, repositoryRoot } from "./repository.ts";

const compiler = fileURLToPath(import.meta.resolve("assemblyscript/bin/asc.js"));
const options = [
  ...["--runtime", "stub", "-O3", "--noAssert", "--enable", "simd"],
  ...["--importMemory", "--maximumMemory", "65536"],
];

/**
 * What AssemblyScript makes of a file of the repository, with its memory imported. The compiler runs in a plain Node of its own: under the
 * loader that this script runs in it takes several times as long.
 * @throws Error with what the compiler says
 */
export async function compileWasm(entry: string): Promise<Buffer<ArrayBuffer>> {
  const wasm = `dist/${process.pid}.wasm`;
  mkdirSync(inRepository("dist"), { recursive: true });
  try {
    // With source maps on, the compiler's command does not start a second Node for itself.
    const command = ["--enable-source-maps", compiler, entry, ...options];
    await promisify(execFile)(process.execPath, [...command, "--outFile", wasm], {
      cwd: repositoryRoot,
    });
    return readFileSync(inRepository(wasm));
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr || String(error), { cause: error });
  } finally {
    rmSync(inRepository(wasm), { force: true });
  }
}
