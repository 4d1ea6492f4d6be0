import { isObject, type JsonObject } from "../../base/json.ts";
import { multipleChoice } from "../scorers/multipleChoice.ts";
import type { SampleData, Task } from "../task.ts";
import { type FieldText, fieldText } from "./fieldText.ts";
import { textField } from "./lmEvalFields.ts";
import { pythonList } from "./pythonList.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** By what each metric takes the likeliest choice. */
const METRICS: Readonly<Record<string, "sum" | "byte">> = {
  acc: "sum",
  acc_norm: "byte",
  acc_bytes: "byte",
};

/**
 * What a task with output_type multiple_choice says of its choices. The first metric says which samples are right.
 * @throws InputError ERR_TASK
 */
export function choiceParts(
  path: string,
  fields: JsonObject,
  columns: ReadonlySet<string>,
): Pick<Task, "scorer" | "target"> {
  const metrics = metricsOf(path, fields.metric_list);
  const countsLetters = metrics.includes("acc_norm");
  const place = `${path} doc_to_choice`;
  const written = choicesOf(place, fields.doc_to_choice, columns);
  const target = targetOf(path, fields.doc_to_target, columns);
  const delimiter = textField(path, fields, "target_delimiter", " ");
  const choices = (sample: SampleData): string[] => {
    const list = written(sample);
    if (countsLetters && list.some((choice) => !/^\S\p{ASCII}*$/u.test(choice)))
      throw wrongTaskFile(
        `${path} metric_list`,
        "acc_norm of choices that are ASCII with no space before them, as it counts letters and bytes are counted here",
        list,
        "Write acc or acc_bytes.",
      );
    return list;
  };
  return {
    scorer: multipleChoice({
      choices: (sample) => choices(sample).map((choice) => `${delimiter}${choice}`),
      by: METRICS[metrics[0] as string] as "sum" | "byte",
    }),
    target: (sample) => {
      const found = target(sample);
      if (typeof found === "number") return found;
      const at = choices(sample).indexOf(String(found));
      if (at >= 0) return at;
      throw wrongTaskFile(
        `${path} doc_to_target`,
        `the number of a choice, from 0, or one of ${JSON.stringify(choices(sample))}`,
        found,
        "Correct it.",
      );
    },
  };
}

function metricsOf(path: string, list: unknown): string[] {
  const names = (Array.isArray(list) ? list : [{ metric: "acc" }]).map((it) => {
    const { metric, aggregation = "mean", higher_is_better: _, ...other } = isObject(it) ? it : {};
    const isKnown = typeof metric === "string" && Object.hasOwn(METRICS, metric);
    if (isKnown && aggregation === "mean" && Object.keys(other).length === 0) return metric;
    throw wrongTaskFile(
      `${path} metric_list`,
      `${Object.keys(METRICS).join(", ")} with the aggregation mean`,
      it,
      "Leave the others out.",
    );
  });
  if (names.length > 0) return names;
  throw wrongTaskFile(`${path} metric_list`, "at least one metric", list, "Write acc.");
}

function choicesOf(
  place: string,
  written: unknown,
  columns: ReadonlySet<string>,
): (sample: SampleData) => string[] {
  const list = isObject(written) ? Object.values(written) : written;
  if (Array.isArray(list)) return () => list.map(String);
  if (typeof list !== "string")
    throw wrongTaskFile(place, "a list, a column or a template", list, "Write one of them.");
  const value = fieldText(place, list, columns);
  return (sample) => {
    const found = value(sample);
    const items = typeof found === "string" ? pythonList(found) : found;
    if (Array.isArray(items)) return items.map(String);
    throw wrongTaskFile(place, "a list of each sample", found, "Write a template of a list.");
  };
}

function targetOf(path: string, written: unknown, columns: ReadonlySet<string>): FieldText {
  if (typeof written === "number") return () => written;
  const place = `${path} doc_to_target`;
  if (typeof written !== "string")
    throw wrongTaskFile(place, "a number, a column or a template", written, "Write one of them.");
  const value = fieldText(place, written, columns);
  if (columns.has(written)) return value;
  return (sample) => {
    const found = String(value(sample));
    return /^\d+$/.test(found) ? Number(found) : found;
  };
}
