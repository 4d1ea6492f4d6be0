import { ProtobufMessage } from "./protobuf.ts";

/** TensorProto.DataType of onnx.proto. */
export const ONNX_DTYPES = { float32: 1, int8: 3, int32: 6, int64: 7 } as const;
export type OnnxDtype = keyof typeof ONNX_DTYPES;

/** An input or an output of a graph; a size that is a name is free. */
interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly (number | string)[];
}

/** A constant of a graph: its bytes, or where they lie in another file. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  readonly data:
    | Uint8Array
    | { readonly file: string; readonly offset: number; readonly byteLength: number };
}

/** Numbers that are whole are integers unless they say that they are floats. */
export type OnnxAttribute = number | { readonly float32: number };

export interface OnnxNode {
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  /** An empty name leaves an input or an output out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly tensors: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
}

/** Versions of the file's layout and of the operators: any ONNX Runtime since 1.14 reads them. */
const IR_VERSION = 8;
const OPSETS = { "": 18, "com.microsoft": 1 } as const;

/** Bytes of a ModelProto, field by field as onnx.proto numbers them. */
export function onnxModel({ inputs, outputs, tensors, nodes }: OnnxGraph): Uint8Array {
  const graph = new ProtobufMessage()
    .messages(1, nodes, encodeNode)
    .text(2, "synthetic")
    .messages(5, tensors, encodeTensor)
    .messages(11, inputs, encodeValue)
    .messages(12, outputs, encodeValue);
  return new ProtobufMessage()
    .integer(1, IR_VERSION)
    .message(7, graph)
    .messages(8, Object.entries(OPSETS), ([domain, version]) =>
      new ProtobufMessage().text(1, domain).integer(2, version),
    )
    .encoded();
}

function encodeNode({ op, domain, inputs, outputs, attributes }: OnnxNode): ProtobufMessage {
  const node = new ProtobufMessage();
  for (const name of inputs) node.text(1, name);
  for (const name of outputs) node.text(2, name);
  return node
    .text(3, outputs[0] as string)
    .text(4, op)
    .messages(5, Object.entries(attributes), ([name, value]) => {
      const attribute = new ProtobufMessage().text(1, name);
      return typeof value === "number"
        ? attribute.integer(3, value).integer(20, 2)
        : attribute.float(2, value.float32).integer(20, 1);
    })
    .text(7, domain);
}

function encodeTensor({ name, dtype, shape, data }: OnnxTensor): ProtobufMessage {
  const tensor = new ProtobufMessage();
  for (const size of shape) tensor.integer(1, size);
  tensor.integer(2, ONNX_DTYPES[dtype]).text(8, name);
  if (data instanceof Uint8Array) return tensor.bytes(9, data);
  const place = { location: data.file, offset: data.offset, length: data.byteLength };
  return tensor
    .messages(13, Object.entries(place), ([key, value]) =>
      new ProtobufMessage().text(1, key).text(2, String(value)),
    )
    .integer(14, 1);
}

function encodeValue({ name, dtype, shape }: OnnxValue): ProtobufMessage {
  const sizes = new ProtobufMessage().messages(1, shape, (size) =>
    typeof size === "number"
      ? new ProtobufMessage().integer(1, size)
      : new ProtobufMessage().text(2, size),
  );
  const tensor = new ProtobufMessage().integer(1, ONNX_DTYPES[dtype]).message(2, sizes);
  return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, tensor));
}
