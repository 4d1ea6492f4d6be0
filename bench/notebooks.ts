/**
 * `npm run bench:notebooks`: how long the notebooks take, one after the other, each from a clean kernel as `vitrine run` starts it.
 * A notebook that fails ends the run; no time decides anything.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { inRepository } from "../scripts/build/repository.ts";

const all = readdirSync(inRepository("notebooks"))
  .filter((name) => name.endsWith(".ipynb"))
  .sort();
const names = new Command("notebooks")
  .description("Seconds that the notebooks take, one after the other, and of all cores together")
  .argument("[notebooks...]", "names or how they begin, such as 05; all of them without any")
  .parse()
  .args.flatMap((start) => {
    const found = all.filter((name) => name.startsWith(start));
    if (found.length > 0) return found;
    throw new Error(
      `notebooks: expected how a notebook's name begins, got ${start}. There are ${all.join(", ")}.`,
    );
  });

interface Taken {
  readonly seconds: number;
  /** Of all cores, by the run and its kernel; null where the system has no /proc. */
  readonly cpuSeconds: number | null;
}

const TICKS_A_SECOND = 100;

/** Seconds on all cores of the processes that this one started and that have ended, with theirs. */
function childrenSeconds(): number | null {
  if (process.platform !== "linux") return null;
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_A_SECOND;
}

async function takenBy(name: string, folder: string): Promise<Taken> {
  const [began, before] = [performance.now(), childrenSeconds()];
  const args = [inRepository("bin/vitrine.mjs"), "run", inRepository("notebooks", name)];
  const child = spawn(process.execPath, [...args, "--out", join(folder, name)], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, JUPYTER_DATA_DIR: folder },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`${name}: the run ended with status ${status}. ${said}`);
  const after = childrenSeconds();
  return {
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: before === null || after === null ? null : after - before,
  };
}

const line = (name: string, { seconds, cpuSeconds }: Taken): string =>
  `${name.padEnd(34)} ${seconds.toFixed(1).padStart(7)} ${(cpuSeconds?.toFixed(1) ?? "?").padStart(7)}\n`;

const folder = await mkdtemp(join(tmpdir(), "bench-notebooks-"));
const taken: Taken[] = [];
process.stdout.write(`${"".padEnd(34)} ${"seconds".padStart(7)} ${"of CPU".padStart(7)}\n`);
try {
  for (const name of names.length > 0 ? names : all) {
    const one = await takenBy(name, folder);
    taken.push(one);
    process.stdout.write(line(name, one));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const sum = (of: (one: Taken) => number | null): number =>
  taken.reduce((total, one) => total + (of(one) ?? Number.NaN), 0);
const cpu = sum(({ cpuSeconds }) => cpuSeconds);
process.stdout.write(
  line("in all", {
    seconds: sum(({ seconds }) => seconds),
    cpuSeconds: Number.isNaN(cpu) ? null : cpu,
  }),
);
