import { type Arithmetic, loadModel } from "../../engine/index.node.ts";
import { INTEGER_FORMATS, productError } from "./arithmeticErrors.ts";
import { ggufFixtures } from "./ggufFixtures.ts";
import { readGolden } from "./golden.ts";
import type { GoldenFixture } from "./goldenFixtures.ts";
import { maxDifference } from "./siteErrors.ts";

/** What the section begins with, by which it is found again. */
export const ARITHMETIC_HEADING = "## Whole numbers of 16 bits";

const INTRODUCTION = `${ARITHMETIC_HEADING}

Written by \`npx tsx scripts/arithmeticTable.ts\`. All above is the default, \`arithmetic: "exact"\`. With \`arithmetic: "i16"\` the \`cpu\`
backend rounds the activations of a product to 16 bits, every 32 columns with one scale, where a weight is packed as Q8_0, MXFP4, Q4_0,
Q4_K, Q5_K or Q6_K. That is another function, if a near one. The first table has one product of random numbers: the largest
difference from float64, as a share of the sum of |products|.
`;

const MODELS = `
The second has the GGUF files of \`test/fixtures\` with such weights: the largest difference of logits from transformers' in each arithmetic, and
from each other; tokens whose likeliest next one is the same in both; and layers with the same experts for every token.

| model | weights | exact | i16 | between | same tokens | same experts |
| - | - | - | - | - | - | - |
`;

const PACKED_TYPES = /\b(Q8_0|MXFP4|Q4_0|Q4_K|Q5_K|Q6_K)\b/;

interface Found {
  readonly logits: Float32Array;
  readonly likeliest: readonly number[];
  readonly experts: readonly string[];
}

async function runIn(
  arithmetic: Arithmetic,
  modelFolder: string,
  ids: readonly number[],
): Promise<Found> {
  const model = await loadModel(modelFolder, { backend: "cpu", arithmetic });
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

async function modelRow({ name, format, modelFolder, folder }: GoldenFixture): Promise<string> {
  const { ids, sites } = await readGolden(folder);
  const wanted = sites.get("hook_logits")?.data;
  if (wanted === undefined) throw new Error(`${name}: expected logits, got none`);
  const exact = await runIn("exact", modelFolder, ids);
  const integer = await runIn("i16", modelFolder, ids);
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

/** The section of docs/accuracy.md on the arithmetic of packed weights. */
export async function arithmeticSection(): Promise<string> {
  let text = `${INTRODUCTION}\n| weights | exact | i16 |\n| - | - | - |\n`;
  for (const dtype of INTEGER_FORMATS) {
    const exact = await productError(dtype, "exact");
    const integer = await productError(dtype, "i16");
    text += `| ${dtype.toUpperCase()} | ${exact.toExponential(1)} | ${integer.toExponential(1)} |\n`;
  }
  text += MODELS;
  for (const fixture of await ggufFixtures())
    if (PACKED_TYPES.test(fixture.format)) text += await modelRow(fixture);
  return text;
}
