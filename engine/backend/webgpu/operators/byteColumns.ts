import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { elementCount, rowSize } from "../../tensorSize.ts";
import { type Kernel, type ReadBinding, reads, writes } from "../kernel.ts";
import { own } from "../tensor.ts";
import {
  BLOCK,
  type BlockScales,
  blockScales,
  byteBlocks,
  COLUMN_READER,
  hasByteCodes,
} from "../wgsl/byteBlocks.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { NAN_BITS } from "../wgsl/math.ts";
import { hasScaleOf32 } from "../wgsl/packedReader.ts";
import { unitOf } from "../wgsl/units.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** Words of a block: eight of codes, its scale, the sum of its codes, and two that align. */
const BLOCK_WORDS = 12;

/** The rows of x that a product reads. */
interface ColumnRows {
  /** u32 expression. */
  readonly wgsl: string;
  count(step: Step): number;
}

/** The activations of a product, as its kernels read them: `binding` with `functions`, after `kernels`. */
export interface ProductColumns {
  readonly unit: 1 | 4 | 32;
  /** See ProductShape; of weights whose rows have K elements. */
  readonly hasScales: boolean;
  readonly kernels: readonly Kernel[];
  readonly binding: ReadBinding;
  readonly functions: string;
}

/** The scales of a weight whose products round their activations to 8 bits; null of one that is multiplied in floats. */
export function byteScales(
  weight: DeviceTensor,
  { arithmetic }: CompileTarget,
): BlockScales | null {
  return arithmetic === "i8" && hasByteCodes(weight.dtype) ? blockScales(weight.dtype) : null;
}

/** Of a matrix in several buffers, the reader that joins them gives whole units alone. */
function hasSegmentScales(weight: DeviceTensor): boolean {
  return hasScaleOf32(weight.dtype) && own(weight).parts.length === 1;
}

/** x in floats, or rounded to 8 bits where all the product's weights are of such codes. @param strides of x and of the weights, in elements */
export function productColumns(
  x: DeviceTensor,
  weights: readonly DeviceTensor[],
  rows: ColumnRows,
  strides: readonly number[],
  on: CompileTarget,
): ProductColumns {
  const scales = weights.map((weight) => byteScales(weight, on));
  if (scales.length === 0 || scales.includes(null)) {
    const unit = unitOf(...strides);
    const hasScales = unit === 4 && weights.length > 0 && weights.every(hasSegmentScales);
    return { unit, hasScales, kernels: [], binding: reads("x", x, unit), functions: "" };
  }
  const words = (elementCount(x) / BLOCK) * BLOCK_WORDS;
  const blocks = on.scratch(words, "activations of 8 bits", "i32");
  return {
    unit: BLOCK,
    hasScales: false,
    kernels: [byteColumns(x, rows, blocks)],
    binding: reads("blocks", blocks, 4),
    functions: byteBlocks(scales.includes("two") ? "two" : "one") + COLUMN_READER,
  };
}

/** Rounds 32 columns at a time to signed bytes of one scale, the largest being 127. What is not finite makes its block's scale NaN. */
function byteColumns(x: DeviceTensor, rows: ColumnRows, blocks: DeviceTensor): Kernel {
  const perRow = rowSize(x) / BLOCK;
  return {
    label: `8 bits of ${rowSize(x)}`,
    bindings: [reads("x", x, 4), writes("blocks", blocks, "i32")],
    params: { perRow, nan: NAN_BITS },
    body: () =>
      elementwise(
        `${rows.wgsl} * params.perRow`,
        `  var largest = 0u;
  for (var u = 0u; u < ${BLOCK / 4}u; u++) {
    let bits = bitcast<vec4<u32>>(x(i * ${BLOCK / 4}u + u)) & vec4<u32>(0x7fffffffu);
    largest = max(largest, max(max(bits.x, bits.y), max(bits.z, bits.w)));
  }
  let isFinite = largest < 0x7f800000u;
  let isZero = largest < 0x04000000u;
  let most = bitcast<f32>(select(largest, 0x3f800000u, isZero || !isFinite));
  let inverse = select(127.0 / most, 0.0, isZero || !isFinite);
  var sum = 0i;
  for (var u = 0u; u < ${BLOCK / 4}u; u++) {
    let codes = vec4<i32>(round(select(vec4<f32>(0.0), x(i * ${BLOCK / 4}u + u), isFinite) * inverse));
    sum += codes.x + codes.y + codes.z + codes.w;
    blocks[i * ${BLOCK_WORDS}u + u] = bitcast<i32>(pack4xI8(codes));
  }
  blocks[i * ${BLOCK_WORDS}u + 8u] = bitcast<i32>(select(params.nan, bitcast<u32>(most / 127.0), isFinite));
  blocks[i * ${BLOCK_WORDS}u + 9u] = sum;`,
      ),
    workgroups: (step) => elementwiseWorkgroups(rows.count(step) * perRow),
  };
}
