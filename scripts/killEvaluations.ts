/**
 * Kills `vitrine evaluate` at random moments, as often as is asked for, each time going on from what the one before left, and compares
 * what comes out in the end with an evaluation that nobody disturbed. It asks 500 samples:
 *   npm run fuzz:evaluations
 *   npm run fuzz:evaluations -- --count 200 --seed 7 --samples 100
 * The seed, also taken from TEST_SEED, gives the same moments; how far an evaluation is by then is up to the machine.
 */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { inRepository } from "./build/repository.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "50" },
    samples: { type: "string", default: "500" },
    seed: { type: "string", default: process.env.TEST_SEED ?? `${randomInt(2 ** 31)}` },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const ON = ["--model", "tiny", "--backend", "cpu", "--threads", "1", "--temperature", "0.7"];
const ASKED = [...ON, "--thinking", "0", "--at-once", "2", "--max-tokens", "12"];
const TASK = `import { arithmeticTask } from "vitrine";
export default arithmeticTask({ n: ${Number(values.samples)}, size: 2, seed: 1 });`;
const RESULTS = ["manifest.json", "results.json", "samples.csv", "samples.parquet"];

const root = await mkdtemp(join(tmpdir(), "vitrine-kill-"));

/** Evaluates into the folder, until it is killed after so many milliseconds. @returns whether it came to its end */
async function evaluate(out: string, killMs: number | null): Promise<boolean> {
  const args = [
    inRepository("bin/vitrine.mjs"),
    "evaluate",
    join(root, "task.ts"),
    ...ASKED,
    "--out",
    out,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "close") as Promise<[number | null]>;
  if (killMs !== null) await Promise.race([ended, sleep(killMs)]);
  if (killMs !== null) child.kill("SIGKILL"); // of no effect on one that has ended
  const [code] = await ended;
  if (code !== null && code !== 0) throw new Error(`FOUND: it ended with ${code}`);
  return code === 0;
}

/** What its logs have: one key for each finished sample. */
async function finishedKeys(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, "log")).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, "log", name), "utf8")));
  return texts.flatMap((text) =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const { row } = JSON.parse(line);
        return JSON.stringify([row.thinking, row.sample, row.epoch]);
      }),
  );
}

const results = (folder: string) =>
  Promise.all(RESULTS.map((name) => readFile(join(folder, name), "hex")));

print(`${count} kills, ${values.samples} samples, --seed ${seed}`);
await writeFile(join(root, "task.ts"), TASK);
try {
  const whole = join(root, "whole");
  const startedMs = performance.now();
  await evaluate(whole, null);
  const wholeMs = performance.now() - startedMs;
  const total = (await finishedKeys(whole)).length;
  // Later than this it would have come to its end too often.
  const moment = fc
    .noBias(fc.integer({ min: 0, max: 700 }))
    .map((thousandths) => thousandths / 1000);
  const moments = fc.sample(moment, { seed, numRuns: 20 * count });
  let [kills, rounds, attempts] = [0, 0, 0];
  while (kills < count) {
    const folder = join(root, `round${rounds++}`);
    let known: string[] = [];
    for (let isWhole = false; !isWhole; ) {
      // With all samples finished a kill would find nothing to spoil but tables, which are written again.
      const isOpen = kills < count && known.length < total;
      const part = isOpen ? moments[attempts++] : undefined;
      isWhole = await evaluate(folder, part === undefined ? null : part * wholeMs);
      if (!isWhole) kills += 1;
      const keys = await finishedKeys(folder);
      const lost = known.find((key) => !keys.includes(key));
      if (lost !== undefined) throw new Error(`FOUND: ${lost} was finished, and is not any more`);
      if (new Set(keys).size !== keys.length) throw new Error("FOUND: a sample was asked twice");
      known = keys;
    }
    if (known.length !== total) throw new Error(`FOUND: ${known.length} samples of ${total}`);
    const [own, undisturbed] = [await results(folder), await results(whole)];
    const differing = RESULTS.find((_, i) => own[i] !== undisturbed[i]);
    if (differing !== undefined) throw new Error(`FOUND: ${differing} has other bytes`);
    print(`round ${rounds}: whole after ${kills} kills, the same bytes`);
  }
} finally {
  await rm(root, { recursive: true, force: true });
}
