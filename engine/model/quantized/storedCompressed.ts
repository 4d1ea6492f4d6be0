import { WeightsError } from "../../base/errors.ts";
import type { Checkpoint, TensorEntry } from "../../weights/checkpoint.ts";
import { groupedDType, packGrouped, runsOf } from "../../weights/quantized/groupedCodes.ts";
import { readScales } from "../../weights/quantized/readScales.ts";
import {
  repeatRows,
  unpackColumns,
  unpackRows,
  unsignedBytes,
} from "../../weights/quantized/unpackCompressed.ts";
import { describeGrid, gridShape, isGridShape } from "./scaleGrid.ts";
import type { StoredTensor } from "./storedForm.ts";
import { checkedGroups } from "./storedGptq.ts";
import {
  expectDType,
  expectShape,
  matrixShape,
  partOf,
  readWords,
  rowsOf,
  scaleDTypeOf,
} from "./storedParts.ts";
import type { WeightScheme } from "./weightScheme.ts";

/** -1 in g_idx: it was never set. */
const UNSET = 0xffffffff;

/**
 * A matrix (N, K) of whole numbers as compressed-tensors keeps it: `weight` of signed bytes (int-quantized), or `weight_packed`
 * (N, K bits / 32) of numbers without a sign, 2^(bits - 1) more (pack-quantized); `weight_scale` (N, G); `weight_zero_point`
 * where the scheme is not symmetric, bytes (N, G) or packed along N; `weight_g_idx` (K), the group of each column. Null where
 * there is none of that name.
 * @throws WeightsError ERR_TENSOR_MISSING, ERR_TENSOR_DTYPE, ERR_TENSOR_SHAPE
 */
export function integerTensor(
  checkpoint: Checkpoint,
  name: string,
  schemes: readonly WeightScheme[],
): StoredTensor | null {
  const [bytes, packed] = [checkpoint.tensors.get(name), checkpoint.tensors.get(`${name}_packed`)];
  const entry = bytes ?? packed;
  if (entry === undefined) return null;
  const codesName = bytes ? name : `${name}_packed`;
  const [scaleName, shapeName] = [`${name}_scale`, `${name}_shape`];
  const [zerosName, groupsName] = [`${name}_zero_point`, `${name}_g_idx`];
  const has = (part: string) => checkpoint.tensors.has(part);
  expectDType(codesName, entry, [bytes ? "I8" : "I32"]);
  const [rows, width] = matrixShape(codesName, entry);
  const scale = partOf(checkpoint, codesName, scaleName);
  const shapeFor = ({ bits }: WeightScheme) =>
    [rows, bytes ? width : Math.floor((width * 32) / bits)] as const;
  const scheme = theOne(
    { codesName, entry, scale, hasZeros: has(zerosName) },
    schemes.filter(({ type, bits }) => type === "int" && (!bytes || bits === 8)),
    shapeFor,
  );
  const { bits, grid, symmetric } = scheme;
  const shape = shapeFor(scheme);
  const [, columns] = shape;
  const [down, nGroups] = gridShape(grid, shape);
  const groupSize = grid.columns ?? columns;
  const zeros = symmetric && !has(zerosName) ? null : partOf(checkpoint, codesName, zerosName);
  if (zeros !== null) checkZeros(zerosName, zeros, bits, [down, nGroups]);
  const groups = checkpoint.tensors.get(groupsName);
  if (groups !== undefined) {
    expectDType(groupsName, groups, ["I32"]);
    expectShape(groupsName, groups, [columns], "a group for each column");
  }
  const scaleDType = scaleDTypeOf(scaleName, scale);
  const form = { shape, bits, symmetric, scaleDType, groupSize: groups ? null : groupSize };
  const dtype = groupedDType(form);
  const middle = 1 << (bits - 1);

  const readZeros = async () => {
    if (zeros === null) return new Int16Array(down * nGroups).fill(middle);
    const stored =
      zeros.dtype === "I8"
        ? new Int8Array((await checkpoint.readTensor(zerosName)).buffer)
        : unpackColumns(await readWords(checkpoint, zerosName), bits, [down, nGroups]);
    const offset = zeros.dtype === "I8" ? middle : 0;
    const all = Int16Array.from(stored, (zero) => zero + offset);
    if (symmetric) expectMiddle(zerosName, all, middle);
    return all;
  };
  const readGroups = async () => {
    const stored = groups && (await readWords(checkpoint, groupsName));
    if (stored === undefined || stored.includes(UNSET)) return runsOf(columns, groupSize);
    return checkedGroups(groupsName, stored, null, nGroups);
  };
  return {
    storedAs: `int${bits}`,
    shape,
    file: entry.file,
    dtype,
    parts: [codesName, scaleName, ...[shapeName, zerosName, groupsName].filter(has)],
    open: async () => {
      if (has(shapeName)) await checkShape(checkpoint, shapeName, shape);
      const scales = readScales(scaleName, scaleDType, await checkpoint.readTensor(scaleName));
      const blockRows = grid.rows ?? rows;
      const matrix = {
        shape,
        zeros: repeatRows(await readZeros(), nGroups, rows, blockRows),
        scales: repeatRows(scales, nGroups, rows, blockRows),
        groups: await readGroups(),
      };
      return {
        ...rowsOf(checkpoint, codesName, entry),
        unpack: ({ data, firstRow, nRows }, room) => {
          const codes = room.take("unpacked", nRows * columns);
          if (bytes) unsignedBytes(data, codes);
          else unpackRows(new Uint32Array(data.buffer, 0, nRows * width), bits, columns, codes);
          return packGrouped(matrix, codes, firstRow, dtype, room);
        },
      };
    },
  };
}

interface StoredForm {
  readonly codesName: string;
  readonly entry: TensorEntry;
  readonly scale: TensorEntry;
  readonly hasZeros: boolean;
}

/** Which of the config's groups a layer belongs to its stored tensors tell: the one that they fit. */
function theOne(
  { codesName, entry, scale, hasZeros }: StoredForm,
  candidates: readonly WeightScheme[],
  shapeFor: (scheme: WeightScheme) => readonly [number, number],
): WeightScheme {
  const fitting = candidates.filter((scheme) =>
    isGridShape(scale.shape, gridShape(scheme.grid, shapeFor(scheme))),
  );
  const byZeros = fitting.filter(({ symmetric }) => symmetric !== hasZeros);
  const [first, ...others] = byZeros.length > 0 ? byZeros : fitting;
  const is = (other: WeightScheme) => JSON.stringify(other) === JSON.stringify(first);
  if (first !== undefined && others.every(is)) return first;
  const described = candidates.map(({ bits, grid }) => `${bits} bits with ${describeGrid(grid)}`);
  const expected = first ? "one group" : described.join(" or ") || "a group of integers";
  throw new WeightsError(
    "ERR_TENSOR_SHAPE",
    `${codesName}: expected ${expected} in config_groups for shape (${entry.shape.join(", ")}) with scales (${scale.shape.join(", ")}) in ${entry.file}, got ${first ? "several that fit" : "none that fits"}. Use the config.json that belongs to these weights.`,
  );
}

function checkZeros(
  name: string,
  entry: TensorEntry,
  bits: number,
  [down, across]: readonly [number, number],
): void {
  expectDType(name, entry, ["I8", "I32"]);
  if (entry.dtype === "I32")
    expectShape(name, entry, [Math.ceil((down * bits) / 32), across], "packed along the rows");
  else if (!isGridShape(entry.shape, [down, across]))
    expectShape(name, entry, [down, across], "one for each scale");
}

function expectMiddle(name: string, zeros: Int16Array, middle: number): void {
  if (zeros.some((zero) => zero !== middle))
    throw new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${name}: expected zeros of 0, as symmetric says, got others. Use the config.json that belongs to these weights.`,
    );
}

async function checkShape(
  checkpoint: Checkpoint,
  name: string,
  shape: readonly [number, number],
): Promise<void> {
  const entry = partOf(checkpoint, name, name);
  expectDType(name, entry, ["I64", "I32"]);
  const { buffer } = await checkpoint.readTensor(name);
  const given = entry.dtype === "I64" ? new BigInt64Array(buffer) : new Int32Array(buffer);
  if ([...given].join() !== shape.join())
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${name}: expected (${shape.join(", ")}), as much as the packed words hold, got (${[...given].join(", ")}). Convert the checkpoint to BF16.`,
    );
}
