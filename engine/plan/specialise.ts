import type { Plan, PlanOp, PlanValue, Ref, SymbolicOperator } from "./plan.ts";
import { isRef, planOp } from "./planBuilder.ts";
import type { PlanChanges, ValueChange } from "./planChanges.ts";
import { takeApart } from "./takeApart.ts";

/** Where the numbers of a changed value lie before some of its changes: behind the first `count` of them. */
export const valueBehind = (name: string, count: number): string => `${name}#${count}`;

/**
 * A plan with changes in it. The values that are changed must not be swallowed by a fusion: compile the plan with them
 * observed. A changed value keeps its name, so that whoever captures it sees what its readers read. Operators that nothing
 * changes are those of the plan itself.
 */
export function specialise(plan: Plan, changes: PlanChanges): Plan {
  const values = new Map(plan.values);
  const declare = (value: PlanValue): Ref => {
    values.set(value.name, value);
    return { from: "value", name: value.name };
  };
  for (const [name, { shape, data }] of changes.constants)
    declare({ name, shape, dtype: data instanceof Int32Array ? "i32" : "f32", role: "constant" });
  for (const [name, { width }] of changes.rows)
    declare({ name, shape: width === 1 ? ["T"] : ["T", width], dtype: "i32", role: "input" });
  for (const [name, { nHeads, words, bits }] of changes.masks) {
    const edges = { nHeads, words, nRows: bits.length / words };
    declare({ name, shape: ["T"], dtype: "i32", role: "input", edges });
  }

  const changesOf = new Map<string, ValueChange[]>();
  for (const change of changes.values)
    changesOf.set(change.value, [...(changesOf.get(change.value) ?? []), change]);
  const apart = plan.ops.flatMap((op): PlanOp[] => {
    const operator = changedOperator(op, changes);
    const changed = operator === op.operator ? op : planOp(op.layer, operator);
    if (operator.kind !== "attention") return [changed];
    const maps = changes.maps.filter(({ layer }) => layer === op.layer);
    return maps.length > 0 ? takeApart({ ...changed, operator }, maps, plan, declare) : [changed];
  });
  const ops = apart.flatMap((op): PlanOp[] => {
    const changed = op.outputs.filter((name) => changesOf.has(name));
    if (changed.length === 0) return [op];
    const unchanged = (name: string, count: number): Ref => {
      const value = plan.values.get(name);
      if (value === undefined) throw new Error(`the plan has no value ${name}`);
      return declare({ ...value, name: valueBehind(name, count) });
    };
    let { operator } = op;
    for (const name of changed) operator = writing(operator, name, unchanged(name, 0));
    const edits = changed.flatMap((name) => {
      const list = changesOf.get(name) ?? [];
      return list.map((change, i) => {
        const isLast = i === list.length - 1;
        const out = isLast ? valueRef(name) : unchanged(name, i + 1);
        return planOp(op.layer, editOperator(change, valueRef(valueBehind(name, i)), out));
      });
    });
    return [planOp(op.layer, operator), ...edits];
  });
  return { ...plan, values, ops };
}

function editOperator(change: ValueChange, x: Ref, out: Ref): SymbolicOperator {
  const { action, columnStart, columnCount, factor } = change;
  const values = change.values === null ? null : valueRef(change.values);
  const rows = valueRef(change.rows);
  return { kind: "edit", action, columnStart, columnCount, factor, x, rows, values, out };
}

/** The operator with another place for what it wrote under `name`. */
function writing(operator: SymbolicOperator, name: string, out: Ref): SymbolicOperator {
  const fields = Object.entries(operator).map(([field, value]) => [
    field,
    isRef(value) && value.from === "value" && value.name === name ? out : value,
  ]);
  return Object.fromEntries(fields) as SymbolicOperator;
}

function changedOperator({ operator, layer }: PlanOp, changes: PlanChanges): SymbolicOperator {
  switch (operator.kind) {
    case "addPosition":
      return changes.shift === 0 ? operator : { ...operator, shift: changes.shift };
    case "route": {
      const change = changes.routes.find((route) => route.layer === layer);
      if (change === undefined) return operator;
      const { adjust, counts } = change;
      return {
        ...operator,
        adjust: adjust && valueRef(adjust.values),
        adjustRows: adjust && valueRef(adjust.rows),
        counts: counts === null ? null : valueRef(counts),
      };
    }
    case "attention": {
      const change = changes.attentions.find((attention) => attention.layer === layer);
      if (change === undefined) return operator;
      const { temperatures, mask } = change;
      return {
        ...operator,
        temperatures: temperatures === null ? null : valueRef(temperatures),
        mask: mask === null ? null : valueRef(mask),
      };
    }
    default:
      return operator;
  }
}

const valueRef = (name: string): Ref => ({ from: "value", name });
