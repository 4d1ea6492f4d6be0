import type { EditRequest } from "../act/edit.ts";
import { InputError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import type { DictionaryReference } from "../dictionary/dictionary.ts";
import { openReference } from "../dictionary/openReference.node.ts";
import { GENERATE_OPTIONS, TEXTS_TOGETHER_OPTIONS } from "../generate/generateOptions.ts";
import { fromExactJson } from "../record/exactJson.ts";
import type { EvaluateOptions, ThinkingArm } from "./evaluateOptions.ts";
import type { EvaluationManifest } from "./manifest.ts";

/** What a task of choices may be given of how tokens are chosen, since it generates none. */
const OF_CHOICES = new Set(["seed", "capture", "chunkSize"]);

/**
 * The options that an evaluation was asked with, from its manifest: all that a number depends on. Runs of samples are not kept again.
 * @param isOfChoices whether the task's scorer compares choices
 * @throws InputError ERR_REPLAY for rules of thinking that are functions; ConfigError ERR_DICTIONARY where the files of a dictionary
 * are gone or others
 */
export async function optionsAgain(
  { options, arms, shard }: EvaluationManifest,
  isOfChoices: boolean,
): Promise<EvaluateOptions> {
  const again = fromExactJson(options) as JsonObject;
  const isOfTokens = (name: string) => name in GENERATE_OPTIONS || name in TEXTS_TOGETHER_OPTIONS;
  const asked = Object.entries(again).filter(
    ([name]) => !(isOfChoices && isOfTokens(name) && !OF_CHOICES.has(name)),
  );
  return {
    ...Object.fromEntries(asked),
    ...(isObject(again.capture) && { capture: withoutRuns(again.capture) }),
    ...(await editsAgain(arms)),
    ...thinkingAgain(arms),
    ...{ shards: shard.of, shard: shard.index },
  } as EvaluateOptions;
}

function withoutRuns({ runs: _, ...capture }: JsonObject): JsonObject {
  return capture;
}

async function editsAgain(
  arms: EvaluationManifest["arms"],
): Promise<Pick<EvaluateOptions, "edits">> {
  if (arms.every(({ edits }) => edits === null)) return {};
  const lists: Record<string, readonly EditRequest[]> = {};
  for (const { edits, editList } of arms)
    lists[String(edits)] ??= await Promise.all((editList as readonly JsonObject[]).map(editAgain));
  return { edits: lists };
}

async function editAgain(json: JsonObject): Promise<EditRequest> {
  const edit = fromExactJson(json) as JsonObject;
  if (edit.kind === "change") throw notData("edits that are data", "a function");
  if (edit.kind !== "features") return edit as unknown as EditRequest;
  const dictionary = await openReference(edit.dictionary as DictionaryReference, ".");
  return { ...edit, dictionary } as unknown as EditRequest;
}

function thinkingAgain(arms: EvaluationManifest["arms"]): Pick<EvaluateOptions, "thinking"> {
  const rules = new Map(
    arms.map(({ thinking, thinkingRule }) => [thinking, fromExactJson(thinkingRule)]),
  );
  for (const rule of rules.values())
    if (isObject(rule) && typeof rule.onEnd === "string")
      throw notData("rules of thinking that are data", "the function onEnd");
  if (!rules.has(null)) return { thinking: [...rules.values()] as ThinkingArm[] };
  const rule = rules.get(null);
  return rule === null || rule === undefined ? {} : { thinking: rule as ThinkingArm };
}

function notData(expected: string, got: string): InputError {
  return new InputError(
    "ERR_REPLAY",
    `replay: expected ${expected}, got ${got}. Evaluate again in TypeScript, with a folder of its own, and compare the two samples.csv.`,
  );
}
