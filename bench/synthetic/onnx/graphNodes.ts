import { ONNX_DTYPES, type OnnxAttribute, type OnnxNode } from "./onnxModel.ts";

/** A value as DynamicQuantizeLinear leaves it. */
export interface Quantized {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

/** What the constants are called that belong to the codes of a weight. */
export const scaleOf = (weight: string): string => `${weight}_scale`;
export const zeroPointOf = (weight: string): string => `${weight}_zero_point`;

/** Operators that ONNX Runtime adds to ONNX's own in a domain of its maker. */
const MICROSOFT = new Set(["GroupQueryAttention", "SkipSimplifiedLayerNormalization"]);

/** The nodes of a graph as they are written down. */
export class GraphNodes {
  readonly all: OnnxNode[] = [];

  /** @returns `name`, which the first output has; `more` are the others */
  add(
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    more: readonly string[] = [],
  ): string {
    const domain = MICROSOFT.has(op) ? "com.microsoft" : "";
    this.all.push({ op, domain, inputs, outputs: [name, ...more], attributes });
    return name;
  }

  /** One scale and one zero point for all of x, as its values want them. */
  quantize(x: string): Quantized {
    const [scale, zeroPoint] = [`${x}.scale`, `${x}.zero_point`];
    const codes = this.add(`${x}.codes`, "DynamicQuantizeLinear", [x], {}, [scale, zeroPoint]);
    return { codes, scale, zeroPoint };
  }

  /**
   * x times a weight of whole numbers, as ONNX Runtime's quantiser writes it and its optimiser fuses it.
   * @param codes of the weight, [k, n]
   */
  product(name: string, x: Quantized, weight: string, codes = weight): string {
    const operands = [x.codes, codes, x.zeroPoint, zeroPointOf(weight)];
    const sums = this.add(`${name}.sums`, "MatMulInteger", operands);
    const floats = this.add(`${name}.floats`, "Cast", [sums], { to: ONNX_DTYPES.float32 });
    const both = this.add(`${name}.scale`, "Mul", [x.scale, scaleOf(weight)]);
    return this.add(name, "Mul", [floats, both]);
  }
}
