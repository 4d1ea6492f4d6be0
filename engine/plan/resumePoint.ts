import type { Axis, Plan, PlanOp } from "./plan.ts";

/** What a value is called before the first edit of it. */
export const UNEDITED = "#0";

/**
 * Where an edited pass may begin when the values that enter there are known from the pass without edits: the index of an
 * operator, up to `latest`. All operators before it are the same in both, and nothing but rows of the step goes from them to
 * those behind: no cache, no keys and values made from one.
 * @param plain compiled with the edited values observed
 */
export function resumePoint(plain: Plan, edited: Plan, latest: number): number {
  const differs = edited.ops.findIndex(
    (op, i) => op !== plain.ops[i] && unedited(op) !== unedited(plain.ops[i]),
  );
  let point = Math.min(differs === -1 ? edited.ops.length : differs, latest);
  for (const { first, last } of spans(edited).toReversed())
    if (first < point && point <= last) point = first;
  return point;
}

function unedited(op: PlanOp | undefined): string {
  return op === undefined ? "" : JSON.stringify(op.operator).replaceAll(`${UNEDITED}"`, '"');
}

/** From the first writer to the last reader of each value that must not be cut, by first writer. */
function spans({ ops, values }: Plan): { first: number; last: number }[] {
  const spans = new Map<string, { first: number; last: number }>();
  ops.forEach(({ inputs, outputs }, index) => {
    for (const name of outputs)
      if (!isRows(values.get(name)?.shape) && !spans.has(name))
        spans.set(name, { first: index, last: index });
    for (const name of inputs) {
      const span = spans.get(name);
      if (span !== undefined) span.last = index;
    }
  });
  return [...spans.values()];
}

const isRows = (shape: readonly Axis[] = []): boolean =>
  shape[0] === "T" && !shape.includes("context");
