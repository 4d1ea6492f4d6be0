/**
 * Writes docs/accuracy.md: how far every architecture and weight format is, on every backend, from transformers and from
 * float64. Fails where a site exceeds its tolerance.
 *   tsx scripts/accuracyTable.ts
 */
import { writeFileSync } from "node:fs";
import { describeAdapter } from "../engine/backend/webgpu/adapter.ts";
import { requireNodeAdapter } from "../engine/backend/webgpu/webgpuAdapter.node.ts";
import { arithmeticSection } from "./accuracy/arithmeticSection.ts";
import { formatAccuracyPage } from "./accuracy/formatAccuracyPage.ts";
import { ggufFixtures } from "./accuracy/ggufFixtures.ts";
import { goldenFixtures } from "./accuracy/goldenFixtures.ts";
import { type Accuracy, BACKENDS, measureFixture } from "./accuracy/measureFixture.ts";
import { inRepository } from "./build/repository.ts";

const OUTPUT = inRepository("docs/accuracy.md");

const INTRODUCTION = `# Accuracy

Written by \`npx tsx scripts/accuracyTable.ts\`; every number below was measured by it.

Each row is a model of \`test/fixtures\` (a few layers of random weights) or a bundled one, run over its input on one backend
with everything captured. transformers 5.18.0 ran the same input in float32 with eager attention, from the same stored
weights (\`test/fixtures/make_golden.py\`). Of GGUF files transformers' logits alone were written down, computed from the numbers
that ggml's Python package reads in them (\`test/fixtures/gguf\`).

- **logits**, **patterns**, **residuals**: the largest absolute difference from transformers over all positions, and over all
  layers' attention patterns and residual streams behind each block. Draft logits count as logits.
- **choices**: layers whose experts, or keys selected by sparse attention, are the same for every token as transformers'.
- **float64**: the largest difference from the \`reference\` backend, which computes in float64, over every site of the model,
  as a share of the largest value of that site; and the site.

## Tolerances

| site                            | allowed | why                                                                                     |
| ------------------------------- | ------- | --------------------------------------------------------------------------------------- |
| logits, draft logits            | 1e-4    | float32 on both sides, sums in different orders                                         |
| patterns                        | 1e-5    | a pattern is at most 1; its scores differ by a few units in the last place              |
| patterns of FP8 models          | 2e-5    | see below                                                                               |
| residual streams                | 1e-3    | they grow from layer to layer, and rounding with them                                   |
| experts, selected keys          | 0       | a choice is the same or it is another model                                             |
| every site, against float64     | 1e-4    | of the site's largest value: rounding alone, since both run the same plan               |

bf16, f16, FP8, MXFP4, groups of integers and the blocks of GGUF have no tolerance of their own beyond that, because nothing here computes in
them: activations are float32 on \`cpu\` and \`webgpu\` whatever the weights are stored as. A stored weight stands for one number, which a shader or a
WebAssembly kernel decodes exactly: bf16 and f16 widen without rounding; an FP8 code times its block's scale, and an MXFP4
code times a power of two, are one float32 product, and so is a code of Q8_0 or Q4_0. In a product \`cpu\` keeps code and scale
apart. Where codes are whole numbers, so are activations: 32 of them share a power of two and have 31 bits under it, so that a float32 keeps all its bits unless
it is 128 times smaller than the largest of the 32, and what another loses is below 2^-30 of that. Their products with codes are summed exactly over 32 columns (of Q6_K
16), and that sum times the scale is the first thing that rounds. Codes of FP8 are summed in float32 over 16 columns before they are scaled. Minima of Q4_K and Q5_K are taken off
behind that, each times the sum of its 32 activations. GGUF's other block types are
decoded to ggml's float32 numbers bit for bit when they are loaded. A weight of GPTQ, AWQ or compressed-tensors' integers is
(code - zero) times scale: the difference is a whole number, the product one of float32, with the scale as it is stored. Kernels
that compute in f16 or bf16 round that product once more, to their own precision. What transformers computes from the same stored weights in float32 is
therefore the same function. Where a checkpoint's makers ran bf16 or FP8 *activations*, their rounding is theirs, not the
model's: transformers with bfloat16 activations is 0.36 from transformers with float32 ones on the first prompt of
\`test/fixtures/tiny/golden.json\` (logits up to 23), where this engine is within 2e-5.

The random models of \`formats/\` have residual streams about fifty times as large as those of \`hf-random/\` (up to 79 against
1.6), so the same relative rounding is larger in absolute terms. transformers' own float32 patterns are up to 7e-6 from
float64 in the FP8 ones, which the rows of \`reference\` show: twice the usual tolerance leaves room for the rounding of both
sides.
`;

const brief = (x: number | null): string =>
  x === null ? "none" : x === 0 ? "0" : x.toExponential(1);

function row(name: string, backend: string, accuracy: Accuracy): string {
  const { logits, patterns, residuals, choices, float64 } = accuracy;
  const same =
    choices === null ? "none" : `${choices.total - choices.different} of ${choices.total}`;
  const gap = float64 === null ? "" : `${brief(float64.share)} at \`${float64.site}\``;
  return `| ${[name, backend, brief(logits), brief(patterns), brief(residuals), same, gap].join(" | ")} |`;
}

const lines: string[] = [];
const failures: string[] = [];
const fixtures = [...goldenFixtures(), ...(await ggufFixtures())];
for (const fixture of fixtures) {
  const accuracies = await measureFixture(fixture);
  for (const backend of BACKENDS) {
    const accuracy = accuracies.get(backend);
    if (accuracy === undefined) continue;
    const first = backend === BACKENDS[0];
    const cells = first
      ? [fixture.architecture, fixture.format, `\`${fixture.name}\``]
      : ["", "", ""];
    lines.push(row(cells.join(" | "), backend, accuracy));
    failures.push(...accuracy.failing.map((site) => `${fixture.name} on ${backend}: ${site}`));
  }
  process.stdout.write(`${fixture.name}\n`);
}
const found = await requireNodeAdapter();
const adapter = describeAdapter(found.adapter).description;
found.release();
const table = `## Measured

\`webgpu\` is ${adapter} here.

| architecture | weights | model | backend | logits | patterns | residuals | choices | float64 |
| - | - | - | - | - | - | - | - | - |
${lines.join("\n")}
`;
writeFileSync(OUTPUT, `${INTRODUCTION}\n${table}\n${await arithmeticSection()}`);
formatAccuracyPage(OUTPUT);
process.stdout.write(`${lines.length} rows in docs/accuracy.md\n`);
if (failures.length > 0) {
  process.stderr.write(`beyond their tolerance: ${failures.join("; ")}\n`);
  process.exitCode = 1;
}
