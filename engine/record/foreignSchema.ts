import { numberAt } from "./parquetPages.ts";
import type { ThriftStruct } from "./thrift.ts";

/** A column of a Parquet file of anybody, which may lie in lists and structs. */
export interface ParquetLeaf {
  /** Names from the root on, as JSON. */
  readonly path: string;
  /** BOOLEAN 0, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY 7. */
  readonly type: number;
  /** Bytes that a value takes at least where nothing is packed. */
  readonly width: number;
  /** How many of the groups above it repeat, and how many may be missing. */
  readonly repetitions: number;
  readonly definitions: number;
}

export const BOOLEAN = 0;
const BYTE_ARRAY = 6;
const FIXED = 7;
const WIDTHS = [1 / 8, 4, 8, 12, 4, 8, 4];
const REQUIRED = 0;
const REPEATED = 2;
/** Deeper than tables of samples are. */
const MOST_DEPTH = 16;
/** Bytes of the largest decimal: 256 bits. */
const MOST_DECIMAL = 32;
const DECIMAL = 5;
/** Kinds of values that no sample has, and whose readers follow what they say. */
const REFUSED: Readonly<Record<number, string>> = {
  16: "VARIANT",
  17: "GEOMETRY",
  18: "GEOGRAPHY",
};

/** The columns of a schema, in their order. @throws RangeError */
export function leavesOf(elements: readonly ThriftStruct[]): ParquetLeaf[] {
  const [root] = elements;
  if (root === undefined || root.get(3) === REPEATED) throw new RangeError("no root of the schema");
  const leaves: ParquetLeaf[] = [];
  const above = { path: [] as readonly string[], repetitions: 0, definitions: 0 };
  let next = 1;
  const walk = (nChildren: number, { path, repetitions, definitions }: typeof above): void => {
    if (path.length > MOST_DEPTH) throw new RangeError(`groups in ${path.length} others`);
    for (let i = 0; i < nChildren; i++) {
      const element = elements[next++];
      if (element === undefined) throw new RangeError(`${nChildren} columns in a group`);
      const repetition = numberAt(element, 3, "repetition_type");
      const below = {
        path: [...path, nameOf(element)],
        repetitions: repetitions + Number(repetition === REPEATED),
        definitions: definitions + Number(repetition !== REQUIRED),
      };
      refuseKind(element);
      const own = element.has(5) ? numberAt(element, 5, "num_children") : 0;
      if (own > 0) walk(own, below);
      else leaves.push({ ...below, path: JSON.stringify(below.path), ...typeOf(element) });
    }
  };
  walk(numberAt(root, 5, "num_children"), above);
  if (next !== elements.length) throw new RangeError(`${elements.length} columns`);
  if (new Set(leaves.map(({ path }) => path)).size === leaves.length) return leaves;
  throw new RangeError("two columns of one name");
}

function nameOf(element: ThriftStruct): string {
  const name = element.get(4);
  if (name instanceof Uint8Array) return new TextDecoder().decode(name);
  throw new RangeError("a column without a name");
}

function typeOf(element: ThriftStruct): Pick<ParquetLeaf, "type" | "width"> {
  const type = numberAt(element, 1, "type");
  const width = type === FIXED ? numberAt(element, 2, "type_length") : WIDTHS[type];
  if (width === undefined || width === 0) throw new RangeError(`a column of the type ${type}`);
  const logical = element.get(10);
  const isDecimal = element.get(6) === DECIMAL || (logical instanceof Map && logical.has(DECIMAL));
  if (isDecimal && (type === BYTE_ARRAY || width > MOST_DECIMAL))
    throw new RangeError(`decimals of more than ${MOST_DECIMAL} bytes`);
  return { type, width };
}

function refuseKind(element: ThriftStruct): void {
  const logical = element.get(10);
  const [kind] = logical instanceof Map ? logical.keys() : [];
  const name = kind === undefined ? undefined : REFUSED[kind];
  if (name !== undefined) throw new RangeError(`a column of the kind ${name}`);
}
