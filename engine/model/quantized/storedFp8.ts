import { WeightsError } from "../../base/errors.ts";
import type { Checkpoint, TensorEntry } from "../../weights/checkpoint.ts";
import { keepsFp8, packFp8 } from "../../weights/quantized/packFp8.ts";
import { readScales } from "../../weights/quantized/readScales.ts";
import { describeGrid, gridShape, isGridShape, type ScaleGrid } from "./scaleGrid.ts";
import type { StoredTensor } from "./storedForm.ts";
import { matrixShape, partOf, rowsOf, scaleDTypeOf } from "./storedParts.ts";

/**
 * A matrix of e4m3 codes with its scales, `{name}_scale_inv` or `{name}_scale`; both multiply.
 * @param grids what a scale may be for: the one that fits the scales' shape holds
 */
export function fp8Tensor(
  checkpoint: Checkpoint,
  name: string,
  entry: TensorEntry,
  scaleNames: readonly string[],
  grids: readonly ScaleGrid[],
): StoredTensor {
  const shape = matrixShape(name, entry);
  const [rows, columns] = shape;
  const named = scaleNames.map((suffix) => name + suffix);
  const stored = named.filter((candidate) => checkpoint.tensors.has(candidate));
  const scaleName = stored[0] ?? named[0] ?? name;
  const scale = partOf(checkpoint, name, scaleName);
  const grid = grids.find((each) => isGridShape(scale.shape, gridShape(each, shape)));
  if (grid === undefined) throw noGrid(scaleName, scale, shape, grids);
  const dtype = scaleDTypeOf(scaleName, scale);
  const [blockRows, blockColumns] = [grid.rows ?? rows, grid.columns ?? columns];
  return {
    storedAs: entry.dtype,
    shape,
    file: entry.file,
    dtype: keepsFp8({ shape, blockRows, blockColumns }) ? "f8e4m3" : "f32",
    parts: [name, scaleName],
    open: async () => {
      const scales = readScales(scaleName, dtype, await checkpoint.readTensor(scaleName));
      const tensor = { name, shape, scales, blockRows, blockColumns };
      return {
        ...rowsOf(checkpoint, name, entry),
        unpack: ({ data, firstRow }, room) => packFp8(tensor, data, firstRow, room),
      };
    },
  };
}

function noGrid(
  name: string,
  { shape, file }: TensorEntry,
  matrix: readonly [number, number],
  grids: readonly ScaleGrid[],
): WeightsError {
  const wanted = grids.map(
    (grid) => `(${gridShape(grid, matrix).join(", ")}), ${describeGrid(grid)}`,
  );
  return new WeightsError(
    "ERR_TENSOR_SHAPE",
    `${name}: expected shape ${wanted.join(", or ")}, got (${shape.join(", ")}) in ${file}. Use the config.json that belongs to these weights.`,
  );
}
