import { isObject } from "../../base/json.ts";
import { targetTexts } from "../scorers/extract.ts";
import type { ReplyScorer } from "../task.ts";
import { checkedFields } from "./lmEvalFields.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** Changes what a model replied, before it is compared. */
type Step = (text: string) => string;

const PUNCTUATION = /[!-/:-@[-`{-~]/g;

const METRIC_FIELDS = [
  ...["metric", "aggregation", "higher_is_better"],
  ...["ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore"],
];

/**
 * exact_match of lm-evaluation-harness: the reply behind its filters is the target, letter by letter; white space counts.
 * @throws InputError ERR_TASK for a metric or a filter that is not one of these
 */
export function lmEvalScorer(place: string, metrics: unknown, filters: unknown): ReplyScorer {
  const [metric, ...others] = Array.isArray(metrics) ? metrics : [{ metric: "exact_match" }];
  if (!isObject(metric) || metric.metric !== "exact_match" || others.length > 0)
    throw wrongTaskFile(
      `${place} metric_list`,
      "exact_match alone",
      metrics,
      "Write the scorer in TypeScript.",
    );
  checkedFields(`${place} metric_list`, metric, METRIC_FIELDS);
  if (metric.aggregation !== undefined && metric.aggregation !== "mean")
    throw wrongTaskFile(`${place} aggregation`, "mean", metric.aggregation, "Write mean.");
  const ignored = [metric.regexes_to_ignore ?? []].flat();
  const steps = stepsOf(`${place} filter_list`, filters);
  const plain: Step[] = [
    ...ignored.map((it) => {
      const pattern = pythonPattern(`${place} regexes_to_ignore`, it);
      return (text: string) => text.replace(pattern, "");
    }),
    ...(metric.ignore_case === true ? [(text: string) => text.toLowerCase()] : []),
    ...(metric.ignore_punctuation === true
      ? [(text: string) => text.replace(PUNCTUATION, "")]
      : []),
    ...(metric.ignore_numbers === true ? [(text: string) => text.replace(/[0-9]/g, "")] : []),
  ];
  const through = (all: readonly Step[], text: string) =>
    all.reduce((left, step) => step(left), text);
  return {
    kind: "reply",
    name: `lm-eval exact_match ${JSON.stringify({ metric, filters: filters ?? null })}`,
    judge({ text }, target) {
      const answer = through(steps, text);
      const compared = through(plain, answer);
      const isRight = targetTexts(target).some((it) => through(plain, it) === compared);
      return { score: isRight, answer };
    },
  };
}

function stepsOf(place: string, filters: unknown): Step[] {
  if (filters === undefined) return [];
  const [pipeline, ...others] = Array.isArray(filters) ? filters : [filters];
  if (!isObject(pipeline) || !Array.isArray(pipeline.filter) || others.length > 0)
    throw wrongTaskFile(
      place,
      "one list of filters, since each is a result of its own",
      filters,
      "Keep one of them in the file.",
    );
  return pipeline.filter.map((it) => stepOf(place, it));
}

function stepOf(place: string, filter: unknown): Step {
  const { function: name, ...about } = isObject(filter) ? filter : {};
  switch (name) {
    case "take_first":
      return (text) => text;
    case "lowercase":
      return (text) => text.toLowerCase();
    case "uppercase":
      return (text) => text.toUpperCase();
    case "remove_whitespace":
      return (text) => text.trimStart();
    case "regex":
      return regexStep(place, about);
    default:
      throw wrongTaskFile(
        place,
        "take_first, lowercase, uppercase, remove_whitespace or regex",
        name ?? filter,
        "Write the scorer in TypeScript.",
      );
  }
}

function regexStep(place: string, about: Readonly<Record<string, unknown>>): Step {
  checkedFields(place, about, ["regex_pattern", "group_select", "fallback"]);
  const { group_select: which = 0, fallback = "[invalid]" } = about;
  const pattern = pythonPattern(place, about.regex_pattern ?? "#### (\\-?[0-9\\.\\,]+)");
  if (!Number.isSafeInteger(which) || typeof fallback !== "string")
    throw wrongTaskFile(
      place,
      "a whole number as group_select and a text as fallback",
      about,
      "Correct it.",
    );
  return (text) => {
    const match = [...text.matchAll(pattern)].at(which as number);
    if (match === undefined) return fallback;
    const [whole, ...groups] = match;
    const texts = groups.map((it) => it ?? ""); // a group that takes no part is empty in Python's findall
    const part = texts.length > 1 ? texts.find((it) => it !== "") : (texts[0] ?? whole);
    return (part ?? fallback).trim();
  };
}

/** What Python reads otherwise than JavaScript, or JavaScript does not know. */
const OF_PYTHON_ALONE = /\\[AZaUN]|\(\?(?:[aiLmsux]|P|#|>|\()|[*+?}]\+/;

function pythonPattern(place: string, written: unknown): RegExp {
  const expected = "a regular expression that Python and JavaScript read alike";
  const fix = "Write the scorer in TypeScript.";
  if (typeof written !== "string" || OF_PYTHON_ALONE.test(written))
    throw wrongTaskFile(place, expected, written, fix);
  try {
    return new RegExp(written, "g");
  } catch {
    throw wrongTaskFile(place, expected, written, fix);
  }
}
