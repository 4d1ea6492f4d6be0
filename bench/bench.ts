/**
 * `npm run bench`: load, first token, prefill, decode and memory of Vitrine and of its peers, in one run, in turn, on models of
 * shapes that people have. A clock stops at the last token for all alike; what follows it is told apart.
 * Rows go to bench/history.jsonl, of which `npx tsx bench/speedPage.ts` makes docs/speed.md. Absolute figures belong to the machine
 * that printed them; what can be compared is the ratio to a peer of the same run.
 */
import { appendFileSync } from "node:fs";
import os from "node:os";
import { Command, Option } from "commander";
import { inRepository } from "../scripts/build/repository.ts";
import { Contender } from "./contenders/contender.ts";
import { vitrine } from "./contenders/peers.ts";
import type { Work } from "./contenders/protocol.ts";
import { caseName } from "./measure/caseName.ts";
import { CASES, type CaseName, openCase } from "./measure/cases.ts";
import { interleave } from "./measure/interleave.ts";
import { peersOf } from "./measure/peersOf.ts";
import { positive } from "./measure/positive.ts";
import { machine, type Row, rowOf } from "./measure/row.ts";
import { notes, table } from "./measure/table.ts";

const caseNames = (text: string): CaseName[] => text.split(",").map((name) => caseName(name));

const cases = Object.entries(CASES).map(([name, { words }]) => `${name}: ${words}`);
const { models, backend, arithmetic, promptTokens, newTokens, rounds, threads, peers, history } =
  new Command("bench")
    .description("Vitrine beside its peers; appends to bench/history.jsonl")
    .option("--models <list>", `comma-separated; ${cases.join("; ")}`, caseNames, ["tiny"])
    .addOption(new Option("--backend <name>").choices(["cpu", "webgpu"]).default("cpu"))
    .addOption(
      new Option("--arithmetic <name>", "of Vitrine on cpu")
        .choices(["exact", "i16"])
        .default("exact"),
    )
    .option("--prompt-tokens <n>", "prompt length", positive, 256)
    .option("--new-tokens <n>", "decoded tokens, after the prompt's own", positive, 64)
    .option("--rounds <n>", "counted rounds of each", positive, 7)
    .option("--threads <n>", "threads of each", positive, os.availableParallelism())
    .option("--no-peers", "Vitrine alone")
    .option("--no-history", "print only")
    .parse()
    .opts<{
      models: CaseName[];
      backend: "cpu" | "webgpu";
      arithmetic: "exact" | "i16";
      promptTokens: number;
      newTokens: number;
      rounds: number;
      threads: number;
      peers: boolean;
      history: boolean;
    }>();

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const progress = (words: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`);
};

async function measure(name: CaseName, at: string): Promise<Row[]> {
  const model = await openCase(name);
  const { dtype } = CASES[name];
  const work: Work = { model, backend, arithmetic, threads, dtype, promptTokens, newTokens };
  const own = vitrine(`Vitrine ${backend}${arithmetic === "exact" ? "" : `, ${arithmetic}`}`);
  const commands = [own, ...(peers ? await peersOf(name, backend, print) : [])];
  const contenders: Contender[] = [];
  try {
    for (const command of commands) {
      progress(`${name}: ${command.name} loads`);
      contenders.push(await Contender.start(command, work));
    }
    const measured = await interleave(contenders, rounds, (words) => progress(`${name}: ${words}`));
    const rows: Row[] = [];
    for (const one of measured)
      rows.push(rowOf({ ...work, ...one, at, model: name, peakBytes: await one.contender.end() }));
    progress("");
    return rows;
  } finally {
    for (const contender of contenders) contender.kill();
  }
}

print(machine().words);
for (const name of models) {
  const rows = await measure(name, new Date().toISOString());
  print(`\n${CASES[name].words}, ${promptTokens} + ${newTokens} tokens, ${threads} threads`);
  for (const line of [...table(rows), ...notes(rows)]) print(line);
  if (history)
    appendFileSync(
      inRepository("bench/history.jsonl"),
      rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    );
}
