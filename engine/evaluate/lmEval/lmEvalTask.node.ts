import { dirname, resolve } from "node:path";
import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { isObject, type JsonObject } from "../../base/json.ts";
import { readSamples } from "../readSamples.node.ts";
import type { SampleData, Task } from "../task.ts";
import { choiceParts } from "./choiceParts.ts";
import { fieldText } from "./fieldText.ts";
import { checkedFields, checkTaskFields, textField } from "./lmEvalFields.ts";
import { readYaml } from "./readYaml.node.ts";
import { replyParts } from "./replyParts.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** What a task's file does not say itself. */
export interface LmEvalTaskOptions {
  /** Its samples. Default: those of the file that dataset_kwargs names for the split of the test, beside the task's file. */
  readonly samples?: readonly SampleData[];
}

const LM_EVAL_TASK_OPTIONS: OptionNames<LmEvalTaskOptions> = { samples: true };

/** Kinds of local files that lm-evaluation-harness names as a dataset. */
const LOCAL = new Set(["json", "csv", "parquet"]);

/**
 * A task of lm-evaluation-harness from its YAML, of the plain kinds: multiple_choice and generate_until without solved samples, whose
 * fields are columns or templates of Jinja. A field or value that is not read here is refused by name.
 * @throws InputError ERR_TASK, ERR_SAMPLES, ERR_OPTION
 */
export async function lmEvalTask(path: string, options: LmEvalTaskOptions = {}): Promise<Task> {
  checkOptions("lmEvalTask", options, LM_EVAL_TASK_OPTIONS);
  const fields = await readYaml(path);
  checkTaskFields(path, fields);
  const samples = options.samples ?? (await samplesOf(path, fields));
  const columns = new Set(Object.keys(samples[0] ?? {}));
  const textOf = (name: string, byDefault?: string) => {
    const value = fieldText(`${path} ${name}`, textField(path, fields, name, byDefault), columns);
    return (sample: SampleData) => asText(`${path} ${name}`, value(sample));
  };
  const [description, question] = [textOf("description", ""), textOf("doc_to_text")];
  const prompt = (sample: SampleData) => `${description(sample)}${question(sample)}`;
  const name = textField(path, fields, "task");
  const parts = partsOf(path, fields, columns);
  return { name, samples, prompt, id: (_, index) => String(index), ...parts };
}

function partsOf(path: string, fields: JsonObject, columns: ReadonlySet<string>) {
  const { output_type: kind = "generate_until" } = fields;
  if (kind === "multiple_choice") return choiceParts(path, fields, columns);
  if (kind === "generate_until") return replyParts(path, fields, columns);
  throw wrongTaskFile(
    `${path} output_type`,
    "multiple_choice or generate_until",
    kind,
    "Write the task in TypeScript.",
  );
}

function asText(place: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrongTaskFile(place, "a text of each sample", value, "Name another column.");
}

async function samplesOf(path: string, fields: JsonObject): Promise<readonly SampleData[]> {
  const { dataset_path: kind, dataset_kwargs: about, test_split, validation_split } = fields;
  if (isObject(about))
    checkedFields(`${path} dataset_kwargs`, about, ["data_files", "column_names"]);
  const { data_files: files, column_names: columns } = isObject(about) ? about : {};
  const split = String(test_split ?? validation_split ?? "test");
  const file = isObject(files) ? files[split] : files;
  if (typeof kind === "string" && LOCAL.has(kind) && typeof file === "string")
    return typedSamples(kind, resolve(dirname(path), file), columns);
  throw wrongTaskFile(
    `${path} dataset_path`,
    `${[...LOCAL].join(", ")} with a file in dataset_kwargs.data_files.${split}, since no data sets are downloaded here`,
    kind,
    'Pass { samples: await readSamples("test.jsonl") }.',
  );
}

async function typedSamples(
  kind: string,
  file: string,
  columns: unknown,
): Promise<readonly SampleData[]> {
  const samples = await readSamples(file, columns === undefined ? {} : { columns: columns as [] });
  return kind === "csv" ? wholeNumbers(samples) : samples;
}

/** Rows of CSV with numbers in columns that have nothing but whole numbers, as datasets reads them: a label is the number of a choice. */
function wholeNumbers(samples: readonly SampleData[]): readonly SampleData[] {
  const numeric = Object.keys(samples[0] ?? {}).filter((name) =>
    samples.every((sample) => isWhole(String(sample[name]))),
  );
  return samples.map((sample) => ({
    ...sample,
    ...Object.fromEntries(numeric.map((name) => [name, Number(sample[name])])),
  }));
}

const isWhole = (text: string): boolean =>
  /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text));
