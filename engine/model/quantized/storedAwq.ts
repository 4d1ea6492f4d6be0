import type { Checkpoint } from "../../weights/checkpoint.ts";
import { groupedDType, packGrouped, runsOf } from "../../weights/quantized/groupedCodes.ts";
import { readScales } from "../../weights/quantized/readScales.ts";
import { unpackAwq } from "../../weights/quantized/unpackAwq.ts";
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

type Awq = Quantization & { readonly kind: "awq" };

/**
 * The matrix (N, K) that AWQ's `gemm` keeps as `qweight` (K, N / 8), `qzeros` (G, N / 8) and `scales` (G, N), four bits a code:
 * (code - zero) scale. Null where there is no `qweight`. arXiv:2306.00978
 */
export function awqTensor(checkpoint: Checkpoint, name: string, q: Awq): StoredTensor | null {
  const base = name.replace(/weight$/, "");
  const [codesName, zerosName, scalesName] = [`${base}qweight`, `${base}qzeros`, `${base}scales`];
  const entry = checkpoint.tensors.get(codesName);
  if (entry === undefined || base === name) return null;
  expectDType(codesName, entry, ["I32"]);
  const [columns, words] = matrixShape(codesName, entry);
  const rows = words * 8;
  const groupSize = q.groupSize ?? columns;
  const nGroups = Math.ceil(columns / groupSize);
  const scales = partOf(checkpoint, codesName, scalesName);
  expectShape(scalesName, scales, [nGroups, rows], `of groups of ${groupSize}`);
  const zeros = partOf(checkpoint, codesName, zerosName);
  expectDType(zerosName, zeros, ["I32"]);
  expectShape(zerosName, zeros, [nGroups, words], "of four bits each");
  const scaleDType = scaleDTypeOf(scalesName, scales);
  const shape = [rows, columns] as const;
  const dtype = groupedDType({ shape, bits: 4, symmetric: false, scaleDType, groupSize });
  return {
    storedAs: "AWQ 4 bits",
    shape,
    file: entry.file,
    dtype,
    parts: [codesName, zerosName, scalesName],
    open: async () => {
      const values = readScales(scalesName, scaleDType, await checkpoint.readTensor(scalesName));
      const allZeros = new Uint8Array(rows * nGroups);
      unpackAwq(await readWords(checkpoint, zerosName), nGroups, rows, 0, allZeros);
      const matrix = {
        shape,
        zeros: Int16Array.from(allZeros),
        scales: transposed(values, nGroups, rows),
        groups: runsOf(columns, groupSize),
      };
      const qweight = await readWords(checkpoint, codesName); // a row of the weight is a column of it
      return {
        ...HELD_ROWS,
        unpack: ({ firstRow, nRows }, room) => {
          const codes = room.take("unpacked", nRows * columns);
          unpackAwq(qweight, columns, rows, firstRow, codes);
          return packGrouped(matrix, codes, firstRow, dtype, room);
        },
      };
    },
  };
}
