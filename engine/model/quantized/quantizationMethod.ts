import { isObject } from "../../base/json.ts";
import type { ConfigReader } from "../configReader.ts";
import { QUANTIZATION_FIELDS } from "./quantizationFields.ts";

export const CONVERT =
  "Use a version of the checkpoint in BF16, in FP8, MXFP4, GPTQ, AWQ (gemm) or compressed-tensors with integers or FP8, or as GGUF.";

const METHODS = ["fp8", "fbgemm_fp8", "mxfp4", "gptq", "awq", "compressed-tensors"] as const;
type Method = (typeof METHODS)[number];

/** Methods whose weights transformers can write out again in full. */
const WRITTEN_OUT =
  "Load it in transformers, call model.dequantize() and save it with save_pretrained, or use the checkpoint it was made from.";

/** @throws ConfigError ERR_CONFIG for a method that this engine does not read */
export function quantizationMethod(given: ConfigReader): Method {
  const method = given.raw("quant_method");
  const known = METHODS.find((name) => name === method);
  if (known !== undefined) return known;
  const bitsAndBytes =
    method === "bitsandbytes" ||
    (method === null && (given.has("load_in_4bit") || given.has("load_in_8bit")));
  const expected = METHODS.map((name) => JSON.stringify(name)).join(" or ");
  return given.fail("quant_method", expected, bitsAndBytes ? WRITTEN_OUT : CONVERT);
}

const KNOWN = new Set(QUANTIZATION_FIELDS.map(({ name }) => name));

/**
 * Refuses a field whose effect is not known: it might change numbers.
 * @param path of the object within config.json, `*` for names that are free
 */
export function expectKnownFields(holder: ConfigReader, key: string, path: string = key): void {
  const fields = holder.raw(key);
  if (!isObject(fields)) return;
  const unknown = Object.keys(fields).find((field) => !KNOWN.has(`${path}.${field}`));
  if (unknown !== undefined)
    holder.fail(
      key,
      `without ${unknown}, whose effect on the weights is not known`,
      "If it only notes how they were made, take it out of config.json; else use another checkpoint.",
    );
}
