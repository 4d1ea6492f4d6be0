import { isObject, type JsonObject } from "../../../kernel/server/contents/jsonObject.ts";
import { outputsOf } from "../cells.ts";
import { compareText, type Likeness } from "./compareText.ts";
import { compareValue } from "./compareValue.ts";
import type { FindState } from "./widgetStates.ts";

const VIEW_MIME = "application/vnd.jupyter.widget-view+json";

/** One part of an output, and how the saved one stands to the new one. */
export interface Compared {
  /** Number of the output, from 1, with what of it was compared: a stream, an error, a MIME type. */
  readonly part: string;
  readonly likeness: Likeness;
}

/** A cell of a notebook, with where the notebook keeps its widgets. */
export interface CellOf {
  readonly cell: JsonObject;
  readonly states: FindState;
}

/**
 * Compares what a cell has shown, output by output. Numbers of executions, ids of widgets and runs, and places in stack traces do
 * not count. Of a widget, the state is compared where both notebooks keep it.
 * @param tolerance relative, of numbers
 */
export function compareOutputs(saved: CellOf, now: CellOf, tolerance: number): Compared[] {
  const [before, after] = [joined(outputsOf(saved.cell)), joined(outputsOf(now.cell))];
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => {
    const [a, b] = [before[i], after[i]];
    const named = (part: string, likeness: Likeness): Compared => ({
      part: `output ${i + 1}, ${part}`,
      likeness,
    });
    if (a === undefined || b === undefined || a.output_type !== b.output_type)
      return [named("kind", { kind: "different", saved: kindOf(a), now: kindOf(b) })];
    return [...partsOf(a, b)].map(([part, x, y]): Compared => {
      if (part === VIEW_MIME) return named("state", compareViews(saved, x, now, y, tolerance));
      const areTexts = typeof x === "string" && typeof y === "string";
      return named(part, areTexts ? compareText(x, y, tolerance) : compareValue(x, y, tolerance));
    });
  }).flat();
}

/** Streams as they were printed: how they came in pieces is no part of it. */
function joined(outputs: readonly JsonObject[]): JsonObject[] {
  const whole: JsonObject[] = [];
  for (const output of outputs) {
    const last = whole.at(-1);
    if (
      output.output_type === "stream" &&
      last?.output_type === "stream" &&
      last.name === output.name
    )
      whole[whole.length - 1] = { ...last, text: `${last.text}${output.text}` };
    else whole.push(output);
  }
  return whole;
}

function* partsOf(a: JsonObject, b: JsonObject): Generator<[string, unknown, unknown]> {
  if (a.output_type === "stream") {
    if (a.name === b.name) yield [String(a.name), a.text, b.text];
    else yield ["stream", a.name, b.name];
  } else if (a.output_type === "error") {
    yield ["error", `${a.ename}: ${a.evalue}`, `${b.ename}: ${b.evalue}`];
  } else {
    const [x, y] = [isObject(a.data) ? a.data : {}, isObject(b.data) ? b.data : {}];
    for (const type of new Set([...Object.keys(x), ...Object.keys(y)]))
      yield [type, x[type], y[type]];
  }
}

const kindOf = (output: JsonObject | undefined): string => {
  if (output === undefined) return "nothing";
  const { output_type: type, ename, evalue } = output;
  return type === "error" ? `error ${ename}: ${evalue}` : String(type);
};

function compareViews(
  saved: CellOf,
  a: unknown,
  now: CellOf,
  b: unknown,
  tolerance: number,
): Likeness {
  if (!isObject(a) || !isObject(b)) return compareValue(a, b, tolerance);
  const [x, y] = [saved.states(String(a.model_id)), now.states(String(b.model_id))];
  return x === null || y === null ? { kind: "same" } : compareValue(x, y, tolerance);
}
