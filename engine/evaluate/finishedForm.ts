import { RecordError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { malformed, shown } from "../record/recordErrors.ts";
import { type Check, flag, list, nullable, object, oneOf, text, whole } from "../record/schema.ts";
import type { Finished } from "./askModel.ts";

/** Log probabilities may be infinite, and counts of a server are its own. */
const anyNumber: Check = (value, place) => {
  if (typeof value !== "number")
    throw malformed(place, { expected: "a number", got: shown(value), fix: "" });
};

const ROW = object({
  ...{ sample: text, index: whole(0), epoch: whole(0) },
  ...{ edits: nullable(text), thinking: nullable(text), seed: nullable(whole(0)) },
  ...{ outcome: oneOf("right", "wrong", "cut"), score: nullable(anyNumber) },
  ...{ target: nullable(text), answer: nullable(text) },
  ...{ prompt: text, reply: text, reasoning: text, finishReason: text },
  ...{ promptTokens: anyNumber, thinkingTokens: anyNumber, answerTokens: anyNumber },
  logprob: nullable(anyNumber),
  choices: nullable(list(object({ text, logprob: anyNumber, bytes: whole(0), isRight: flag }))),
  note: nullable(text),
});

/** Is it what a line of a log has: a row with all of its fields, and columns of equal lengths? */
export function isFinished(value: unknown): value is Finished {
  if (!isObject(value) || !isObject(value.captures)) return false;
  if (!Object.values(value.captures).every(areColumns)) return false;
  try {
    ROW(value.row, "row");
    return true;
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}

function areColumns(table: unknown): boolean {
  if (!isObject(table)) return false;
  const [first, ...others] = Object.values(table);
  const isOf = (column: unknown) =>
    Array.isArray(column) && Array.isArray(first) && column.length === first.length;
  return first === undefined || (isOf(first) && others.every(isOf));
}
