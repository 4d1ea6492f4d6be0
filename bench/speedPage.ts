/**
 * `npx tsx bench/speedPage.ts`: writes docs/speed.md and its picture from bench/history.jsonl and bench/checks.jsonl: of every model,
 * contender and check the rows that were measured last.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { groupBy } from "../engine/base/groupBy.ts";
import { inRepository } from "../scripts/build/repository.ts";
import { CASES, type CaseName } from "./measure/cases.ts";
import { boundOf, latestChecks } from "./measure/checks.ts";
import { ratioPlot } from "./measure/ratioPlot.ts";
import type { Row } from "./measure/row.ts";
import { notes, table } from "./measure/table.ts";

const rows = readFileSync(inRepository("bench/history.jsonl"), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Row);

/** The rows that were measured together last, for every model, way of Vitrine and prompt length: its row is the first. */
function latest(): Row[][] {
  const together = groupBy(rows, ({ at, model }) => `${at} ${model}`);
  const groups = new Map<string, Row[]>();
  for (const group of together.values()) {
    const { model, contender, promptTokens } = group[0] as Row;
    groups.set([model, contender, promptTokens].join(" "), group);
  }
  return [...groups.values()];
}

const groups = latest();
const sections = groups.map((group) => {
  const {
    model,
    backend,
    contender,
    promptTokens,
    newTokens,
    threads,
    rounds,
    at,
    commit,
    machine,
  } = group[0] as Row;
  const arithmetic = contender.endsWith(", i16") ? "i16" : "exact";
  const peers = [...new Set(group.map(({ program, device }) => `${program} (${device})`))];
  return [
    `## ${CASES[model as CaseName].words}, on ${backend}${arithmetic === "exact" ? "" : `, ${arithmetic}`}, ${promptTokens} tokens`,
    "",
    ...table(group),
    "",
    ...notes(group),
    `${promptTokens} tokens of prompt, ${newTokens} decoded after its own first one, ${threads} threads, ${rounds} rounds of each in`,
    `turn; medians, and the range in brackets. ${peers.join("; ")}.`,
    `${machine}; ${at.slice(0, 10)}, ${commit}.`,
    "",
    `\`npm run bench -- --models ${model} --backend ${backend}${arithmetic === "exact" ? "" : ` --arithmetic ${arithmetic}`} --prompt-tokens ${promptTokens} --new-tokens ${newTokens}\``,
    "",
  ].join("\n");
});

/** What has to be known of a peer's rows, where there are any. */
const ofTransformersJs = rows.some(({ contender }) => contender === "transformers.js")
  ? `
transformers.js opens the same codes as a graph of ONNX with products as ONNX Runtime's dynamic quantiser writes them: x is quantised anew to
8 bits for each, with one scale for all of it; \`num_logits_to_keep\` asks for the last row alone. With products of floats in their place
its logits are Vitrine's to 1e-6. On processors that have AVX2 and no VNNI, ONNX Runtime adds two products of 8 bits in 16 bits, and cuts
what is larger: after four layers of these random codes, which use all of their range, its logits have a cosine of 0.6 to 0.9 with the
exact ones, and of 0.998 with its option \`session.x64quantprecision\`. The row does not set it, since transformers.js does not.
`
  : "";

const checks = latestChecks().map((check) => {
  const { words, median, resolution, rounds, at, commit, command } = check;
  const cells = [words, median.toFixed(2), boundOf(check), resolution.toFixed(2), `${rounds}`];
  return `| ${[...cells, `${at.slice(0, 10)}, ${commit}`, `\`${command}\``].join(" | ")} |`;
});

const page = `# Speed

Vitrine beside its peers, on the same machine, in the same run, in turn. A clock stops at the last token for all alike. Absolute figures
belong to the machine that printed them; the ratios are what can be compared. Rounds in which other processes took more than a
twentieth of a core are discarded, as far as there are quieter ones.

![Ratios of Vitrine's speed to its peers'](speed/ratios.svg)

\`npx tsx bench/speedPage.ts\` writes this page from \`bench/history.jsonl\`, to which \`npm run bench\` adds. llama.cpp and transformers.js are
installed from npm by the bench itself; PyTorch is measured with the Python that \`PEER_PYTHON\` names. Models of random weights are made
by \`bench/syntheticModel.ts\`.

${sections.join("\n")}
## Ratios within Vitrine

Measured in turn. A ratio is as exact as the same thing measured twice in a round: that is its resolution. \`--history\` adds a row.

| what | ratio | bound | resolution | rounds | when | command |
| ---- | ----: | ----- | ---------: | -----: | ---- | ------- |
${checks.length > 0 ? checks.join("\n") : "| none yet | | | | | | |"}

## What a step is made of, and what bounds it

\`npm run bench:step -- --model FILE\` takes a decoded token apart on one thread: what a generation does beside its program, what the program
does beside its kernels, and the kernels, in time of the processor. Beside the products it prints what the device does alone: bytes read,
and products and sums of 16-bit numbers and of floats. \`npm run bench:profile -- --model FILE\` has a row for each operator, of a prefill and
of decoding.

Products of whole numbers take two products of 16 bits for each weight and row, one for each limb of x, and \`"i16"\` one. Such a product and its
sum are two instructions for eight numbers, a product and a sum of floats two for four: two limbs have at most the rate of floats.
Peers that multiply 8 bits by 8 bits (llama.cpp) or use vectors of 256 and 512 bits have instructions that WebAssembly does not.
Behind that, a decoded token is bound by:

- Q8_0: codes are widened as they are loaded, so that 16 weights take 2 loads that widen, 4 products and 4 sums with two limbs.
- Q4_K: taking four codes apart takes 12 instructions for 64 weights beside 16 products and 16 sums, and minima a tenth of the time.
- Q6_K: taking codes of six bits apart takes 30 instructions for 64 weights beside 16 products and 16 sums, and scales serve 16 columns.

\`npm run bench:rows\` holds one row of x, as decoding has it, to what bounds it: its inner instructions from registers alone, and a plain read
of as many bytes, on one thread and on two; the shares stand in the table above. Exact, a row of Q4_K is bound by its instructions, of which loads, scales and minima
leave 0.8 to 0.9: it could become 1.1 to 1.25 times as fast and no more. Q8_0 and bf16 come within 0.7 to 0.9 of a read. \`"i16"\` has half of the products, so that a read
bounds Q8_0, and Q4_K the step behind 32 columns: some 60 instructions beside 136.

\`npm run bench:tiles\` does the same for 64 rows of x, as a prompt has them, packing and scales included: on a busy machine, exact, Q8_0 takes 10.6 G weights/s
of a thread, 0.78 of its products and sums from registers alone, and Q4_K 13.9, 0.88. A prefill with exact products has that much left.

\`npm run bench:load\` holds loading against \`cat\` of the same file, and memory against what stays. Most of the time beyond reading is new memory, whose
pages the system clears when they are first written, panels, and the tokenizer. Memory beside the weights is a few chunks: the peak is what stays.

A cold process spends its half second up to the first token of the default model (\`npm run bench:first-token\`) on Node itself, modules, weights, the prompt
and, where no backend is named, on looking for an adapter. Nearly all of it is code that runs for the first time: \`node --cpu-prof\` shows no function with
a twentieth.

The bench generates with \`promptLogprobs: false\`, so that the head computes the last row of the prompt alone, as it does in llama.cpp and in
transformers' \`generate\`; rows of this page up to be5fa0d were measured with it over all rows. By default a run has the log probability of each
prompt token: of a model of 0.5 B with a vocabulary of 151,936 that is 0.28 of the arithmetic of a prefill more.
${ofTransformersJs}`;

mkdirSync(inRepository("docs/speed"), { recursive: true });
writeFileSync(inRepository("docs/speed/ratios.svg"), ratioPlot(groups));
writeFileSync(inRepository("docs/speed.md"), page);
