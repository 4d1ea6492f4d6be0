import { valueBehind } from "../plan/specialise.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ChangeAt, EditValue } from "./edit.ts";
import type { EditedModel } from "./editedModel.ts";
import type { Span } from "./editedPositions.ts";
import type { EditTarget } from "./editTarget.ts";
import { type CutSource, featureChange, featureSource } from "./featureChange.ts";
import type { PlacedChange } from "./valueChanges.ts";

/** A function that a value goes through once it was written. */
export interface Cut {
  readonly what: string;
  /** What it is, for messages. */
  readonly by: "a function" | "features of a dictionary, which the host computes";
  readonly target: EditTarget;
  /** Whether `target` is one head of its site. */
  readonly isHead: boolean;
  readonly span: Span;
  /** Rows that the function is given beside those that it changes; null: it needs none. */
  readonly source: CutSource | null;
  readonly change: (
    value: Tensor,
    at: ChangeAt,
    source: Tensor,
  ) => EditValue | undefined | Promise<EditValue | undefined>;
}

/** @throws InputError ERR_EDIT, ERR_SELECTION */
export function cutsOf(placed: readonly PlacedChange[], model: EditedModel): Cut[] {
  return placed.flatMap(({ what, edit, target, span }, i): Cut[] => {
    const value = valueAt(placed, i);
    const common = { what, target: { ...target, value }, span };
    if (edit.kind === "change")
      return [
        {
          ...{ ...common, by: "a function", source: null, change: edit.change },
          isHead: edit.head !== undefined,
        },
      ];
    if (edit.kind !== "features") return [];
    const change = featureChange(what, edit);
    const source = featureSource(what, edit, model, target);
    return [
      {
        ...{ ...common, by: "features of a dictionary, which the host computes", isHead: false },
        source: source?.value === target.value ? { ...source, value } : source,
        change: (value, _, source) => change(value, source),
      },
    ];
  });
}

/** The value that a function is given: behind the changes of it that were given before, and before those that come after. */
function valueAt(placed: readonly PlacedChange[], index: number): string {
  const { value } = (placed[index] as PlacedChange).target;
  const isOperator = ({ action, target }: PlacedChange) =>
    action !== "change" && target.map === null && target.value === value;
  const before = placed.slice(0, index).filter(isOperator).length;
  return placed.slice(index).some(isOperator) ? valueBehind(value, before) : value;
}
