/**
 * `npx tsx bench/speedPage.ts`: writes docs/speed.md and its picture from bench/history.jsonl: of every model and backend the rows that
 * were measured last.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { inRepository } from "../scripts/build/repository.ts";
import { CASES, type CaseName } from "./measure/cases.ts";
import { ratioPlot } from "./measure/ratioPlot.ts";
import type { Row } from "./measure/row.ts";
import { notes, table } from "./measure/table.ts";

const rows = readFileSync(inRepository("bench/history.jsonl"), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Row);

/** The rows that were measured together last, for every model, backend and prompt length. */
function latest(): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = [row.model, row.backend, row.promptTokens].join(" ");
    const group = groups.get(key);
    if (group?.[0]?.at === row.at) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

const groups = latest();
const sections = groups.map((group) => {
  const { model, backend, promptTokens, newTokens, threads, rounds, at, commit, machine } =
    group[0] as Row;
  const peers = [...new Set(group.map(({ program, device }) => `${program} (${device})`))];
  return [
    `## ${CASES[model as CaseName].words}, on ${backend}`,
    "",
    ...table(group),
    "",
    ...notes(group),
    `${promptTokens} tokens of prompt, ${newTokens} decoded after its own first one, ${threads} threads, ${rounds} rounds of each in`,
    `turn; medians, and the range in brackets. ${peers.join("; ")}.`,
    `${machine}; ${at.slice(0, 10)}, ${commit}.`,
    "",
    `\`npm run bench -- --models ${model} --backend ${backend} --prompt-tokens ${promptTokens} --new-tokens ${newTokens}\``,
    "",
  ].join("\n");
});

const page = `# Speed

Vitrine beside its peers, on the same machine, in the same run, in turn. A clock stops at the last token for all alike. Absolute figures
belong to the machine that printed them; the ratios are what can be compared. Rounds in which other processes took more than a
twentieth of a core are discarded, as far as there are quieter ones.

![Ratios of Vitrine's speed to its peers'](speed/ratios.svg)

\`npx tsx bench/speedPage.ts\` writes this page from \`bench/history.jsonl\`, to which \`npm run bench\` adds. llama.cpp is installed from
npm by the bench itself; PyTorch is measured with the Python that \`PEER_PYTHON\` names. Models of random weights are made by
\`bench/syntheticModel.ts\`.

${sections.join("\n")}`;

mkdirSync(inRepository("docs/speed"), { recursive: true });
writeFileSync(inRepository("docs/speed/ratios.svg"), ratioPlot(groups));
writeFileSync(inRepository("docs/speed.md"), page);
