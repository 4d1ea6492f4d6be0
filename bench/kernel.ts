/**
 * `tsx bench/kernel.ts`: time from start to kernel_info, CPU per trivial cell after 200 cells, completions after 250, and
 * memory over 1,000 cells, of this kernel and of every peer that is here, in one run. Linux only: it reads /proc. Peers are
 * ipykernel, where its kernelspec is installed (npm test does so), tslab, which npm ci brings, and Deno:
 * `npm install --no-save deno`.
 *
 * Rows go to bench/kernelHistory.jsonl. Absolute numbers belong to the machine that printed them; ratios to ipykernel of
 * the same run are what can be compared.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { kernelSpec } from "../kernel/install/kernelspec.ts";
import { jupyterDataDirs } from "../kernel/server/kernels/jupyterPaths.ts";
import { KernelSpecs } from "../kernel/server/kernels/kernelSpecs.ts";
import { pythonBeside } from "../kernel/server/kernels/pythonBeside.ts";
import { KernelClient } from "./kernelClient.ts";
import { median } from "./measure/statistics.ts";

interface Row {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
  readonly kernel: string;
  readonly startMs: number;
  /** Median over cells 201 to 250. */
  readonly cellMs: number;
  readonly cellCpuMs: number;
  /** Median of completions after cell 250, once one has been answered. */
  readonly completeMs: number;
  /** Highest of the process over cells 101 to 200 and 1,001 to 1,100. */
  readonly rssAfter200MB: number;
  readonly rssAfter1100MB: number;
  /** Cells whose idle never came, of 1,100. */
  readonly lostIdles: number;
}

const STARTS = 7;
const COMPLETIONS = 9;
const repository = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(os.tmpdir(), "vitrine-bench-"));

/** A value, a name that earlier cells know, and something to show. */
const cell = (language: string, index: number): string =>
  language === "python"
    ? `x${index % 50} = ${index}; x${index % 50}`
    : `let x${index % 50} = ${index}; x${index % 50}`;

interface Candidate {
  readonly name: string;
  readonly argv: readonly string[];
  readonly language: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Peers in this repository's node_modules: how they are started, files by their place in it. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  tslab: [process.execPath, "tslab/bin/tslab", "kernel", "--config-path", "{connection_file}"],
  deno: [
    `@deno/linux-${process.arch}-glibc/deno`,
    "jupyter",
    "--kernel",
    "--conn",
    "{connection_file}",
  ],
};

async function measureStart({ argv, env }: Candidate): Promise<number> {
  const { kernel, startMs } = await KernelClient.start(argv, folder, env);
  await kernel.stop();
  return startMs;
}

async function measureCells({ argv, env, language }: Candidate) {
  const { kernel } = await KernelClient.start(argv, folder, env);
  try {
    let count = 0;
    const run = async (cells: number) => {
      const cpuBefore = kernel.cpuMs();
      const times: number[] = [];
      let rss = 0;
      for (let i = 0; i < cells; i++) {
        times.push(await kernel.run(cell(language, ++count)));
        rss = Math.max(rss, kernel.rssBytes());
      }
      return { cpuMs: (kernel.cpuMs() - cpuBefore) / cells, times, rssMB: rss / 1e6 };
    };
    await run(100);
    const { rssMB: rssAfter200MB } = await run(100);
    await delay(500);
    const measured = await run(50);
    const started = language === "python" ? "str." : "Math.";
    await kernel.complete(started);
    const completions: number[] = [];
    for (let i = 0; i < COMPLETIONS; i++) completions.push(await kernel.complete(started));
    await run(750);
    const { rssMB: rssAfter1100MB } = await run(100);
    return {
      cellMs: median(measured.times),
      cellCpuMs: measured.cpuMs,
      completeMs: median(completions),
      rssAfter200MB,
      rssAfter1100MB,
      lostIdles: kernel.lostIdles,
    };
  } finally {
    await kernel.stop();
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const machine = `${os.cpus()[0]?.model ?? "unknown"} x${os.availableParallelism()}, ${os.platform()}`;
const specs = new KernelSpecs({
  own: {},
  dataDirs: [join(repository, ".vitrine", "jupyter", "share", "jupyter"), ...jupyterDataDirs()],
  log: (level, message) => print(`${level}: ${message}`),
});
const candidates: Candidate[] = [
  { ...kernelSpec(join(repository, "dist", "kernel.js")), name: "vitrine" },
];
const python = await specs.find("python3");
if (python !== null) {
  const [word = "", ...args] = python.argv;
  const argv = [pythonBeside(word, python.resourceDir), ...args];
  candidates.push({ ...python, name: "ipykernel", argv });
} else print("ipykernel: not measured, no kernelspec python3; npm test installs one on Debian");
for (const [name, command] of Object.entries(PACKAGES)) {
  const argv = command.map((part) => {
    const path = join(repository, "node_modules", part);
    return existsSync(path) ? path : part;
  });
  const missing = argv.find((part) => part.includes("/") && !existsSync(part));
  if (missing === undefined) candidates.push({ name, language: "typescript", argv });
  else print(`${name}: not measured, no node_modules/${missing}`);
}

// In turns, so that whatever else the machine does meets all of them.
const starts = new Map<string, number[]>();
for (let start = 0; start < STARTS; start++) {
  for (const candidate of candidates) {
    const startMs = await measureStart(candidate);
    starts.set(candidate.name, [...(starts.get(candidate.name) ?? []), startMs]);
  }
}
const rows: Row[] = [];
for (const candidate of candidates) {
  const { name } = candidate;
  try {
    const cells = await measureCells(candidate);
    const startMs = median(starts.get(name) ?? []);
    rows.push({ at: new Date().toISOString(), commit, machine, kernel: name, startMs, ...cells });
  } catch (error) {
    print(`${name}: not measured. ${(error as Error).message}`);
  }
}
rmSync(folder, { recursive: true, force: true });

const ipykernel = rows.find(({ kernel }) => kernel === "ipykernel");
for (const row of rows) {
  const ratio = (key: "startMs" | "cellMs" | "cellCpuMs" | "completeMs"): string =>
    ipykernel === undefined ? "" : ` (${(row[key] / ipykernel[key]).toFixed(2)} of ipykernel)`;
  print(
    `${row.kernel}: start ${row.startMs.toFixed(0)} ms${ratio("startMs")}; cell ${row.cellMs.toFixed(1)} ms${ratio("cellMs")}, ` +
      `CPU ${row.cellCpuMs.toFixed(1)} ms${ratio("cellCpuMs")}; completions ${row.completeMs.toFixed(1)} ms${ratio("completeMs")}; ` +
      `RSS ${row.rssAfter200MB.toFixed(0)} MB after 200 cells, ${row.rssAfter1100MB.toFixed(0)} MB after 1,100${row.lostIdles > 0 ? `; ${row.lostIdles} cells without idle` : ""}`,
  );
}
if (!process.argv.includes("--no-history")) {
  const path = join(repository, "bench", "kernelHistory.jsonl");
  appendFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
