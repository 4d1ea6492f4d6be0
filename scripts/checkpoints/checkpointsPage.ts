import type { Field } from "../../engine/base/fields.ts";
import { GENERATION_CONFIG_FIELDS } from "../../engine/generate/generationConfigFields.ts";
import { ARCHITECTURES } from "../../engine/model/architectures/table.ts";
import { CONFIG_FIELDS, configField } from "../../engine/model/configFields.ts";
import { QUANTIZATION_FIELDS } from "../../engine/model/quantized/quantizationFields.ts";
import { TOKENIZER_CONFIG_FIELDS } from "../../engine/tokenizer/tokenizerConfigFields.ts";
import { GGUF_FIELDS } from "../../engine/weights/gguf/ggufFields.ts";
import { familiesKnowing } from "./configClasses.ts";

const INTRODUCTION = `# Checkpoints

Written by \`npx tsx scripts/checkpointsPage.ts\` from the tables that the code itself holds; tests hold those to what the code
reads and to the fields that transformers' classes know.

What a checkpoint says is what runs: a field is carried out as the reference implementation carries it out, or it is refused
by name, or it changes nothing.

- **carried out**: it changes numbers or tokens as it does in transformers (in llama.cpp, for GGUF).
- **in part**: for the values that are named; others are refused.
- **refused**: a value that would change numbers or tokens is refused by name.
- **no effect**: it changes neither numbers nor tokens of inference.

A field that is not listed is one that no supported family knows; it changes nothing, as in transformers.
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "-")), ...rows.map(line)].join("\n");
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, fate, note }) => [`\`${name}\``, fate, note]);
  return table(["field", "what becomes of it", ""], rows);
}

/** The shorter of "a, b" and "all but c"; nothing for all of them. */
function listed(some: readonly string[], all: readonly string[]): string {
  const others = all.filter((family) => !some.includes(family));
  if (others.length === 0) return "";
  return others.length < some.length ? `all but ${others.join(", ")}` : some.join(", ");
}

/** Families are named where not all know the field. */
function configTable(): string {
  const all = [...ARCHITECTURES.keys()];
  const rows = CONFIG_FIELDS.map((field) => {
    const { name, fate, note } = field;
    const known = familiesKnowing(name).filter((family) => configField(name, family) === field);
    return [`\`${name}\``, fate, note, known.length === 0 ? "" : listed(known, all)];
  });
  return table(["field", "what becomes of it", "", "families, where not all"], rows);
}

/** The text of docs/checkpoints.md, before its tables are aligned. */
export function checkpointsPage(): string {
  return `${INTRODUCTION}
## config.json

Families by model_type: ${[...ARCHITECTURES.keys()].join(", ")}. What a file leaves out has the value that the family's class in
transformers has (\`test/fixtures/configs\`).

${configTable()}

## quantization_config

Methods fp8, fbgemm_fp8, mxfp4, gptq, awq and compressed-tensors. Weights are the numbers that the method's formula gives, in
float32; activations are not rounded. A field that is not listed is refused.

${fieldTable(QUANTIZATION_FIELDS)}

## generation_config.json

What \`generate\` and \`chat\` use where a call says nothing. Fields by the names of transformers' GenerationConfig.

${fieldTable(GENERATION_CONFIG_FIELDS)}

## tokenizer_config.json

With special_tokens_map.json and added_tokens.json. tokenizer.json itself is carried out as it stands; a step of it that is not
known is refused.

${fieldTable(TOKENIZER_CONFIG_FIELDS)}

## GGUF

Metadata by their keys; \`{arch}\` stands for the architecture. Keys of an architecture that are not listed are refused.

${fieldTable(GGUF_FIELDS)}
`;
}
