import type { BackendName } from "../../engine/backend/backend.ts";
import type { PackedDType } from "../../engine/backend/packed.ts";
import { type Arithmetic, loadModel } from "../../engine/index.node.ts";
import { productError } from "./arithmeticErrors.ts";
import { ggufFixtures } from "./ggufFixtures.ts";
import { readGolden } from "./golden.ts";
import type { GoldenFixture } from "./goldenFixtures.ts";
import { maxDifference } from "./siteErrors.ts";

/** What the section begins with, by which it is found again. */
export const ARITHMETIC_HEADING = "## Whole numbers of 16 bits";

/** An arithmetic of whole numbers, and the backend that has it. */
interface WholeNumbers {
  readonly backend: BackendName;
  readonly arithmetic: Exclude<Arithmetic, "exact">;
  /** Of weights, whose codes it multiplies as they are. */
  readonly formats: readonly PackedDType[];
  readonly introduction: string;
}

const WHOLE_NUMBERS: readonly WholeNumbers[] = [
  {
    backend: "cpu",
    arithmetic: "i16",
    formats: ["q8_0", "mxfp4", "q4_0", "q4_k", "q5_k", "q6_k"],
    introduction: `${ARITHMETIC_HEADING}

Written by \`npx tsx scripts/arithmeticTable.ts\`. All above is the default, \`arithmetic: "exact"\`. With \`arithmetic: "i16"\` the \`cpu\`
backend rounds the activations of a product to 16 bits, every 32 columns with one scale, where a weight is packed as Q8_0, MXFP4, Q4_0,
Q4_K, Q5_K or Q6_K. That is another function, if a near one. The first table has one product of random numbers: the largest
difference from float64, as a share of the sum of |products|.
`,
  },
  {
    backend: "webgpu",
    arithmetic: "i8",
    formats: ["q8_0", "q4_0", "q4_k", "q5_k", "q6_k"],
    introduction: `## Whole numbers of 8 bits

Written by the same script. With \`arithmetic: "i8"\` the \`webgpu\` backend rounds the activations of a product to 8 bits, every 32 columns with
one scale, where a weight is packed as Q8_0, Q4_0, Q4_K, Q5_K or Q6_K. It is a coarser function than that of 16 bits, never the default,
and said in the record of a run. The tables are those of 16 bits.
`,
  },
];

const MODELS = `
The second has the GGUF files of \`test/fixtures\` with such weights: the largest difference of logits from transformers' in each arithmetic, and
from each other; tokens whose likeliest next one is the same in both; and layers with the same experts for every token.
`;

interface Found {
  readonly logits: Float32Array;
  readonly likeliest: readonly number[];
  readonly experts: readonly string[];
}

async function runIn(
  backend: BackendName,
  arithmetic: Arithmetic,
  modelFolder: string,
  ids: readonly number[],
): Promise<Found> {
  const model = await loadModel(modelFolder, { backend, arithmetic });
  if (model.backend.arithmetic !== arithmetic)
    throw new Error(`${modelFolder}: expected ${arithmetic}, got ${model.backend.arithmetic}`);
  const run = await model.run(ids, { capture: "**" });
  const logits = (await run.get("hook_logits")).data as Float32Array;
  const width = logits.length / ids.length;
  const likeliest = Array.from(ids, (_, token) => {
    const row = logits.subarray(token * width, (token + 1) * width);
    return row.indexOf(Math.max(...row));
  });
  const names = run
    .sites()
    .flatMap(({ name }) => (name.endsWith("hook_expert_indices") ? [name] : []));
  const experts = await Promise.all(names.map(async (name) => (await run.get(name)).data.join()));
  model.dispose();
  return { logits, likeliest, experts };
}

async function modelRow(
  { name, format, modelFolder, folder }: GoldenFixture,
  { backend, arithmetic }: WholeNumbers,
): Promise<string> {
  const { ids, sites } = await readGolden(folder);
  const wanted = sites.get("hook_logits")?.data;
  if (wanted === undefined) throw new Error(`${name}: expected logits, got none`);
  const exact = await runIn(backend, "exact", modelFolder, ids);
  const integer = await runIn(backend, arithmetic, modelFolder, ids);
  const same = <T>(a: readonly T[], b: readonly T[]): string =>
    a.length === 0 ? "none" : `${a.filter((value, i) => value === b[i]).length} of ${a.length}`;
  const cells = [
    `\`${name}\``,
    format,
    maxDifference(exact.logits, wanted).toExponential(1),
    maxDifference(integer.logits, wanted).toExponential(1),
    maxDifference(integer.logits, exact.logits).toExponential(1),
    same(exact.likeliest, integer.likeliest),
    same(exact.experts, integer.experts),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

/** The part of docs/accuracy.md on one arithmetic of packed weights. */
async function wholeNumbersSection(given: WholeNumbers): Promise<string> {
  const { backend, arithmetic, formats, introduction } = given;
  let text = `${introduction}\n| weights | exact | ${arithmetic} |\n| - | - | - |\n`;
  for (const dtype of formats) {
    const exact = await productError(dtype, backend, "exact");
    const integer = await productError(dtype, backend, arithmetic);
    text += `| ${dtype.toUpperCase()} | ${exact.toExponential(1)} | ${integer.toExponential(1)} |\n`;
  }
  text += `${MODELS}
| model | weights | exact | ${arithmetic} | between | same tokens | same experts |
| - | - | - | - | - | - | - |
`;
  const packedTypes = new RegExp(`\\b(${formats.join("|")})\\b`, "i");
  for (const fixture of await ggufFixtures())
    if (packedTypes.test(fixture.format)) text += await modelRow(fixture, given);
  return text;
}

/** The end of docs/accuracy.md, on every arithmetic of packed weights. */
export async function arithmeticSection(): Promise<string> {
  const sections: string[] = [];
  for (const given of WHOLE_NUMBERS) sections.push(await wholeNumbersSection(given));
  return sections.join("\n");
}
