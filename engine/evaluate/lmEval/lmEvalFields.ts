import type { JsonObject } from "../../base/json.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** Fields of a task's file that say what is asked, and how it is judged. */
const READ = [
  ...["task", "dataset_path", "dataset_kwargs", "test_split", "validation_split"],
  ...["doc_to_text", "doc_to_target", "doc_to_choice", "description", "target_delimiter"],
  ...["output_type", "generation_kwargs", "metric_list", "filter_list", "num_fewshot", "repeats"],
];

/** Fields without effect on what is asked of a task without solved samples before its questions. */
const WITHOUT_EFFECT = [
  ...["tag", "group", "task_alias", "metadata", "dataset_name", "training_split", "fewshot_split"],
  ...["fewshot_delimiter", "should_decontaminate", "doc_to_decontamination_query"],
];

/** @throws InputError ERR_TASK that names a field that is not read here */
export function checkTaskFields(path: string, fields: JsonObject): void {
  checkedFields(path, fields, [...READ, ...WITHOUT_EFFECT]);
  const { num_fewshot: shots = 0, repeats = 1 } = fields;
  if (shots !== 0 && shots !== null)
    throw wrongTaskFile(
      `${path} num_fewshot`,
      "0, as solved samples are drawn by Python's random numbers",
      shots,
      "Write them into doc_to_text.",
    );
  if (repeats !== 1)
    throw wrongTaskFile(`${path} repeats`, "1", repeats, "Ask evaluate for epochs.");
}

/** @throws InputError ERR_TASK */
export function checkedFields(place: string, fields: JsonObject, known: readonly string[]): void {
  const other = Object.keys(fields).find((name) => !known.includes(name));
  if (other === undefined) return;
  throw wrongTaskFile(
    `${place} ${other}`,
    `one of the fields ${known.join(", ")}`,
    fields[other],
    "Leave it out, or write the task in TypeScript.",
  );
}

/** A field that is a text, or absent. @throws InputError ERR_TASK */
export function textField(
  path: string,
  fields: JsonObject,
  name: string,
  byDefault?: string,
): string {
  const value = fields[name] ?? byDefault;
  if (typeof value === "string") return value;
  throw wrongTaskFile(`${path} ${name}`, "a text", value, "Write one.");
}
