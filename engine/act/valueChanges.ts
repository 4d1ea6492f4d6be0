import type { EditAction } from "../backend/operators.ts";
import type { MapChange, PlanConstant, PositionRows, ValueChange } from "../plan/planChanges.ts";
import { editError } from "./checkEdit.ts";
import type { Edit } from "./edit.ts";
import type { Span } from "./editedPositions.ts";
import type { EditTarget } from "./editTarget.ts";

/** An edit of a value's numbers, with everything in its place. */
export interface PlacedChange {
  /** Names the edit in messages. */
  readonly what: string;
  readonly edit: Edit;
  readonly target: EditTarget;
  readonly span: Span;
  readonly after: boolean;
  /** change: a function of the host's, between two operators. */
  readonly action: EditAction | "change";
  readonly factor: number;
  readonly values: PlanConstant | null;
}

interface Changes {
  readonly values: ValueChange[];
  readonly maps: MapChange[];
  readonly constants: Map<string, PlanConstant>;
  readonly rows: Map<string, PositionRows>;
}

/**
 * The operators of edits, in the order that they were given in, with their numbers.
 * @throws InputError ERR_EDIT where two change the same numbers and the later does not say `after`
 */
export function valueChanges(placed: readonly PlacedChange[], capacity: number): Changes {
  refuseOverlaps(placed);
  const changes: Changes = { values: [], maps: [], constants: new Map(), rows: new Map() };
  for (const [i, { target, span, action, factor, values }] of placed.entries()) {
    if (action === "change") continue;
    const name = `edits.${i}`;
    const { value, map, columnStart, columnCount } = target;
    changes.rows.set(`${name}.rows`, positionRows(span, values?.shape[0] ?? 1, capacity));
    if (values !== null) changes.constants.set(`${name}.values`, values);
    const numbers = {
      ...{ factor, rows: `${name}.rows` },
      values: values === null ? null : `${name}.values`,
    };
    if (map === null) changes.values.push({ value, action, columnStart, columnCount, ...numbers });
    else if (action !== "average") changes.maps.push({ ...map, action, ...numbers });
  }
  return changes;
}

/** -1 outside of the span; inside, the row that applies: the only one, or each its own. */
function positionRows({ start, end }: Span, count: number, capacity: number): PositionRows {
  const data = new Int32Array(capacity).fill(-1);
  for (let position = start; position < end; position++)
    data[position] = count === 1 ? 0 : position - start;
  return { width: 1, data };
}

function refuseOverlaps(placed: readonly PlacedChange[]): void {
  for (const [i, later] of placed.entries()) {
    const earlier = placed.slice(0, i).find((other) => overlap(other, later));
    if (earlier === undefined || later.after) continue;
    throw editError(
      later.what,
      `other numbers than ${earlier.what} changes`,
      `both at ${later.target.site.name}`,
      "Say after: true on the later one to apply it to what the earlier leaves.",
    );
  }
}

function overlap(a: PlacedChange, b: PlacedChange): boolean {
  const [of, other] = [a.target, b.target];
  return (
    of.value === other.value &&
    of.columnStart < other.columnStart + other.columnCount &&
    other.columnStart < of.columnStart + of.columnCount &&
    a.span.start < b.span.end &&
    b.span.start < a.span.end
  );
}
