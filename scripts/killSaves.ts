/**
 * Kills `vitrine lab` at random moments while it saves a notebook, as often as is asked for, and looks at the file after each:
 *   npm run fuzz:saves
 *   npm run fuzz:saves -- --count 500 --seed 7
 * The seed, also taken from TEST_SEED, gives the same moments; what a server does by then is up to the machine. The moments that
 * matter are tested one by one in test/conformance/serverSaves.test.ts.
 */
import { randomInt } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { formatNotebook, type Notebook } from "../kernel/server/contents/notebookFormat.ts";
import { type ServerVictim, startLab } from "./fuzz/victims.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100" },
    seed: { type: "string", default: process.env.TEST_SEED ?? `${randomInt(2 ** 31)}` },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const notebookText = (notebook: Notebook): string =>
  Buffer.concat(formatNotebook(notebook)).toString();

/** A notebook of 4 MB that says all through which version it is. */
function version(index: number): Notebook {
  const cell = {
    cell_type: "markdown",
    id: "a",
    metadata: {},
    source: `${index} `.repeat(800_000),
  };
  return { cells: [cell], metadata: { version: index }, nbformat: 4, nbformat_minor: 5 };
}

async function save(lab: ServerVictim, index: number): Promise<boolean> {
  const body = JSON.stringify({ type: "notebook", format: "json", content: version(index) });
  const answer = lab.ask("api/contents/big.ipynb", "PUT", body);
  return await answer.then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Kills one server at a part of the time that a save took it. @returns what it left */
async function killOne(index: number, part: number): Promise<string> {
  const lab = await startLab(null);
  const file = join(lab.root, "big.ipynb");
  try {
    await writeFile(file, notebookText(version(0)));
    const startMs = performance.now();
    if (!(await save(lab, 0))) throw new Error("expected a save to succeed, got a refusal");
    const saveMs = performance.now() - startMs;
    const saving = save(lab, index);
    await sleep(part * saveMs);
    lab.child.kill("SIGKILL");
    const isAnswered = await saving;
    const text = await readFile(file, "utf8");
    const isNew = text === notebookText(version(index));
    if (!isNew && text !== notebookText(version(0)))
      throw new Error(`FOUND: neither the old notebook nor the new one, ${text.length} characters`);
    if (isAnswered && !isNew) throw new Error("FOUND: answered, and not on disk");
    const isLeft = (await readdir(lab.root)).some((name) => name.endsWith(".saving"));
    return `${isNew ? "new" : "old"}${isLeft ? " with a temporary file left" : ""}`;
  } finally {
    await lab.end();
  }
}

print(`${count} servers, --seed ${seed}`);
const part = fc.noBias(fc.integer({ min: 0, max: 1200 })).map((thousandths) => thousandths / 1000);
const parts = fc.sample(part, { seed, numRuns: count });
const fates: Record<string, number> = {};
for (const [index, moment] of parts.entries()) {
  const fate = await killOne(index + 1, moment);
  fates[fate] = (fates[fate] ?? 0) + 1;
}
for (const [fate, number] of Object.entries(fates)) print(`${number} ${fate}`);
