import type { Answer, Mistake } from "./data.ts";

/** The kind of a value as a sentence names it. */
function kindName(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "number") return Number.isNaN(value) ? "not a number (NaN)" : "a number";
  if (typeof value === "string") return "a text";
  if (typeof value === "boolean") return "true or false";
  return value === null ? "null" : `of type ${typeof value}`;
}

/** Whether a value is something that an exercise can ask for. */
export function isAnswer(value: unknown): value is Answer {
  if (Array.isArray(value)) return value.every(isAnswer);
  if (typeof value === "number") return !Number.isNaN(value);
  return typeof value === "string" || typeof value === "boolean";
}

/**
 * Why a value cannot be an answer at all, or null where it can: other kinds, and lists of other lengths.
 * @param like an answer of the right kind
 */
export function wrongKind(value: unknown, like: Answer): string | null {
  const isSame =
    typeof value === typeof like && Array.isArray(value) === Array.isArray(like) && !isNan(value);
  if (!isSame || (Array.isArray(value) && value.length !== (like as readonly Answer[]).length))
    return `The answer is ${kindName(like)}, and this is ${kindName(value)}.`;
  if (!Array.isArray(value)) return null;
  for (const [i, each] of (like as readonly Answer[]).entries()) {
    const wrong = wrongKind(value[i], each);
    if (wrong !== null) return `Of element ${i}: ${wrong}`;
  }
  return null;
}

const isNan = (value: unknown): boolean => typeof value === "number" && Number.isNaN(value);

/** Whether two answers of one kind are the same: numbers within the tolerance, texts without case and needless spaces. */
export function sameAnswer(a: Answer, b: Answer, tolerance: number): boolean {
  if (typeof a === "number" && typeof b === "number")
    return a === b || Math.abs(a - b) <= tolerance + 1e-9 * Math.abs(b);
  if (typeof a === "string" && typeof b === "string") return plain(a) === plain(b);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, i) => sameAnswer(each, b[i], tolerance));
  return a === b;
}

const plain = (text: string): string => text.trim().replace(/\s+/g, " ").toLowerCase();

/**
 * Whether an answer is this mistake.
 * @param expected the right answer, by which `times`, `plus` and `reversed` are told; null where an exercise has a check
 */
export function isMistake(
  mistake: Mistake<never>,
  answer: Answer,
  expected: Answer | null,
  tolerance: number,
): boolean {
  if (typeof mistake === "function") return (mistake as (given: Answer) => boolean)(answer);
  if (!isRelative(mistake)) return sameAnswer(answer, mistake, tolerance);
  const other = expected === null ? null : relativeTo(expected, mistake);
  return other !== null && sameAnswer(answer, other, tolerance);
}

type Relative = { readonly times?: number; readonly plus?: number; readonly reversed?: true };

/** Whether a mistake is told by where it lies beside the expected answer. */
export function isRelative(mistake: unknown): mistake is Relative {
  return typeof mistake === "object" && mistake !== null && !Array.isArray(mistake);
}

/** The answer that such a mistake gives; null where it cannot be made of such an answer. */
export function relativeTo(expected: Answer, { times, plus, reversed }: Relative): Answer | null {
  if (reversed === true) return Array.isArray(expected) ? [...expected].reverse() : null;
  if (typeof expected !== "number") return null;
  if (typeof times === "number") return expected * times;
  return typeof plus === "number" ? expected + plus : null;
}
