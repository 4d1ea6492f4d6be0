import { isObject, type JsonObject } from "../../base/json.ts";
import type { SampleData, Target, Task, TaskGeneration } from "../task.ts";
import { fieldText } from "./fieldText.ts";
import { checkedFields } from "./lmEvalFields.ts";
import { lmEvalScorer } from "./lmEvalScorer.ts";
import { pythonList } from "./pythonList.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** lm-evaluation-harness's own. */
const MAX_GEN_TOKS = 256;
const FEWSHOT_DELIMITER = "\n\n";

/** What a task with output_type generate_until says of its replies. @throws InputError ERR_TASK */
export function replyParts(
  path: string,
  fields: JsonObject,
  columns: ReadonlySet<string>,
): Pick<Task, "scorer" | "target" | "generation"> {
  if (fields.doc_to_choice !== undefined)
    throw wrongTaskFile(
      `${path} doc_to_choice`,
      "none beside generate_until",
      fields.doc_to_choice,
      "Put the target's text into doc_to_target.",
    );
  return {
    scorer: lmEvalScorer(path, fields.metric_list, fields.filter_list),
    target: targetOf(`${path} doc_to_target`, fields.doc_to_target, columns),
    generation: generationOf(`${path} generation_kwargs`, fields),
  };
}

function targetOf(
  place: string,
  written: unknown,
  columns: ReadonlySet<string>,
): (sample: SampleData) => Target {
  if (typeof written !== "string")
    throw wrongTaskFile(place, "a column or a template", written, "Write one of them.");
  const value = fieldText(place, written, columns);
  return (sample) => {
    const found = value(sample);
    if (Array.isArray(found)) return found.map(String);
    if (typeof found === "string" && !columns.has(written)) return pythonList(found) ?? found;
    return String(found);
  };
}

function generationOf(
  place: string,
  { generation_kwargs: given = {}, fewshot_delimiter: delimiter = FEWSHOT_DELIMITER }: JsonObject,
): TaskGeneration {
  if (!isObject(given)) throw wrongTaskFile(place, "fields", given, "Write until: [...].");
  checkedFields(place, given, ["until", "do_sample", "temperature", "max_gen_toks"]);
  const { until = delimiter, do_sample: draws = false, max_gen_toks: most = MAX_GEN_TOKS } = given;
  const stop = [until].flat();
  const temperature = draws === true ? Number(given.temperature ?? 1) : 0;
  const isRight =
    stop.every((text) => typeof text === "string" && text !== "") &&
    typeof draws === "boolean" &&
    Number.isSafeInteger(most) &&
    temperature >= 0;
  if (!isRight || (draws === false && Number(given.temperature ?? 0) !== 0))
    throw wrongTaskFile(
      place,
      "until as texts, max_gen_toks as a number, and a temperature above 0 only with do_sample",
      given,
      "Correct them.",
    );
  return { temperature, maxTokens: most as number, stop: stop as string[] };
}
