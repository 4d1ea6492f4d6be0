/**
 * `npm run bench:load`: what loading takes beside reading. In turn, a process of its own loads the model and another copies
 * its files to nowhere (`cat`); medians of both, their ratio, and the loading process's peak memory over what stays once the
 * model is there. Files are read once before, so that all rounds find them in memory. Without paths, it writes checkpoints
 * of random weights into a temporary folder.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { Loaded } from "./loadOnce.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";
import { writeSynthetic } from "./synthetic/writeSynthetic.ts";

const command = new Command("load")
  .description("Time to load over time to read, and peak memory over what stays")
  .argument("[paths...]", "folders or GGUF files; default: random weights of three shapes")
  .option("--backend <name>", "cpu, webgpu or reference", "cpu")
  .option("--rounds <n>", "rounds after the warm-up", positive, 5)
  .parse();
const { backend, rounds } = command.opts<{ backend: string; rounds: number }>();

const print = (line: string) => process.stdout.write(`${line}\n`);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

async function weightFiles(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const names = await readdir(path);
  return names.filter((name) => name.endsWith(".safetensors")).map((name) => join(path, name));
}

interface Read {
  readonly ms: number;
  readonly cpuMs: number;
}

/** What `cat` takes; the wall-clock time without the start of its shell, the processor time with it (10 ms at most). */
function readAll(files: readonly string[]): Read {
  const timed = (paths: readonly string[]): Read => {
    const startedAt = performance.now();
    const script = 'cat "$@" > /dev/null && times';
    const { status, stdout } = spawnSync("sh", ["-c", script, "sh", ...paths], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`cat ended with ${status}`);
    const ms = performance.now() - startedAt;
    const [, ofChildren = ""] = String(stdout).split("\n"); // "0m0.01s 0m0.07s"
    const parts = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)];
    const spent = parts.reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0);
    return { ms, cpuMs: 1000 * spent };
  };
  const start = timed(["/dev/null"]);
  const read = timed(files);
  return { ms: read.ms - start.ms, cpuMs: read.cpuMs };
}

function load(path: string): Loaded {
  const script = fileURLToPath(new URL("loadOnce.ts", import.meta.url));
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--expose-gc", script, path, backend],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0) throw new Error(`loading ${path} ended with ${status}`);
  return JSON.parse(String(stdout));
}

async function measure(path: string): Promise<void> {
  const files = await weightFiles(path);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const size = sizes.reduce((a, b) => a + b, 0);
  const [reads, loads]: [Read[], Loaded[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const [read, loaded] = [readAll(files), load(path)];
    if (round === 0) continue; // the warm-up
    reads.push(read);
    loads.push(loaded);
  }
  const of = (pick: (loaded: Loaded) => number) => median(loads.map(pick));
  const [read, readCpu] = [median(reads.map(({ ms }) => ms)), median(reads.map((r) => r.cpuMs))];
  const [took, tookCpu] = [of(({ ms }) => ms), of(({ cpuMs }) => cpuMs)];
  const [peak, stays] = [of(({ peakBytes }) => peakBytes), of(({ bytesAfter }) => bytesAfter)];
  const device = of(({ deviceBytes }) => deviceBytes);
  print(`${path} on ${backend}: ${megabytes(size)}, median of ${rounds} rounds in turn`);
  print(`  load ${seconds(took)}, cat ${seconds(read)}: load / cat ${(took / read).toFixed(2)}`);
  print(
    `  processor time ${seconds(tookCpu)}, cat ${seconds(readCpu)}: ${(tookCpu / readCpu).toFixed(2)}`,
  );
  const beyond = took - 1.5 * read;
  print(
    `  beyond 1.5 cat, for packing: ${seconds(beyond)}, ${(size / 1e6 / beyond).toFixed(2)} GB a second`,
  );
  print(
    `  peak ${megabytes(peak)}, stays ${megabytes(stays)}, peak / stays ${(peak / stays).toFixed(2)} (the whole process; ${megabytes(of(({ bytesBefore }) => bytesBefore))} before)`,
  );
  print(`  on the device ${megabytes(device)}, ${(device / size).toFixed(2)} of the file`);
}

if (command.args.length > 0) for (const path of command.args) await measure(path);
else {
  const folder = await mkdtemp(join(tmpdir(), "vitrine-load-"));
  try {
    for (const [shape, format] of [
      ["dense", "bf16"],
      ["dense", "q8_0"],
      ["dense-wide", "q4_k"],
      ["moe", "q8_0"],
    ] as const) {
      const path = await writeSynthetic(join(folder, `${shape}-${format}`), shape, format);
      await measure(path);
      await rm(join(folder, `${shape}-${format}`), { recursive: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
