import { WeightsError } from "../../base/errors.ts";
import type { Checkpoint } from "../../weights/checkpoint.ts";
import { groupedDType, packGrouped, runsOf } from "../../weights/quantized/groupedCodes.ts";
import { readScales } from "../../weights/quantized/readScales.ts";
import { unpackGptqCodes, unpackGptqZeros } from "../../weights/quantized/unpackGptq.ts";
import type { Quantization } from "./quantization.ts";
import { HELD_ROWS, type StoredTensor } from "./storedForm.ts";
import {
  expectDType,
  expectShape,
  matrixShape,
  partOf,
  readWords,
  scaleDTypeOf,
  transposed,
} from "./storedParts.ts";

type Gptq = Quantization & { readonly kind: "gptq" };

/**
 * The matrix (N, K) that GPTQ keeps as `qweight` (K bits / 32, N), `qzeros` (G, N bits / 32), `scales` (G, N) and `g_idx` (K),
 * the group of each column: (code - zero) scale. Null where there is no `qweight`. arXiv:2210.17323
 */
export function gptqTensor(checkpoint: Checkpoint, name: string, q: Gptq): StoredTensor | null {
  const base = name.replace(/weight$/, "");
  const [codesName, zerosName, scalesName] = [`${base}qweight`, `${base}qzeros`, `${base}scales`];
  const groupsName = `${base}g_idx`;
  const entry = checkpoint.tensors.get(codesName);
  if (entry === undefined || base === name) return null;
  expectDType(codesName, entry, ["I32"]);
  const [words, rows] = matrixShape(codesName, entry);
  const shape = [rows, Math.floor((words * 32) / q.bits)] as const;
  const [, columns] = shape;
  const whole = `for ${q.bits} bits`;
  expectShape(codesName, entry, [(columns * q.bits) / 32, rows], whole);
  const groupSize = q.groupSize ?? columns;
  const nGroups = Math.ceil(columns / groupSize);
  const scales = partOf(checkpoint, codesName, scalesName);
  expectShape(scalesName, scales, [nGroups, rows], `of groups of ${groupSize}`);
  const zeros = partOf(checkpoint, codesName, zerosName);
  expectDType(zerosName, zeros, ["I32"]);
  expectShape(zerosName, zeros, [nGroups, (rows * q.bits) / 32], whole);
  const groups = checkpoint.tensors.get(groupsName);
  if (groups !== undefined) {
    expectDType(groupsName, groups, ["I32"]);
    expectShape(groupsName, groups, [columns], "a group for each column");
  }
  const scaleDType = scaleDTypeOf(scalesName, scales);
  const { bits, symmetric } = q;
  const anyOrder = q.anyOrder && groups !== undefined && nGroups > 1;
  const form = { shape, bits, symmetric, scaleDType, groupSize: anyOrder ? null : groupSize };
  const dtype = groupedDType(form);
  return {
    storedAs: `GPTQ ${bits} bits`,
    shape,
    file: entry.file,
    dtype,
    parts: [codesName, zerosName, scalesName, ...(groups ? [groupsName] : [])],
    open: async () => {
      const runs = runsOf(columns, groupSize);
      const stored = groups && (await readWords(checkpoint, groupsName));
      const { zeroLess: less } = q;
      const zeroForm = { name: zerosName, bits, less, symmetric, rows, groups: nGroups };
      const values = readScales(scalesName, scaleDType, await checkpoint.readTensor(scalesName));
      const matrix = {
        shape,
        zeros: unpackGptqZeros(await readWords(checkpoint, zerosName), zeroForm),
        scales: transposed(values, nGroups, rows),
        groups: stored ? checkedGroups(groupsName, stored, anyOrder ? null : runs, nGroups) : runs,
      };
      const qweight = await readWords(checkpoint, codesName); // a row of the weight is a column of it
      return {
        ...HELD_ROWS,
        unpack: ({ firstRow, nRows }, room) => {
          const codes = room.take("unpacked", nRows * columns);
          unpackGptqCodes(qweight, bits, shape, firstRow, codes);
          return packGrouped(matrix, codes, firstRow, dtype, room);
        },
      };
    },
  };
}

/** @param runs the order that the groups must have, if it is fixed @throws WeightsError ERR_WEIGHTS_FORMAT */
export function checkedGroups(
  name: string,
  groups: Uint32Array,
  runs: Uint32Array | null,
  nGroups: number,
): Uint32Array {
  const bad = groups.findIndex(
    (group, k) => group >= nGroups || (runs !== null && group !== runs[k]),
  );
  if (bad < 0) return groups;
  const expected = runs ? `group ${runs[bad]}, as without desc_act` : `a group below ${nGroups}`;
  throw new WeightsError(
    "ERR_WEIGHTS_FORMAT",
    `${name}: expected ${expected}, got ${(groups[bad] as number) | 0} for column ${bad}. Use the config.json that belongs to these weights.`,
  );
}
