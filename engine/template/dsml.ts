import type { JsonObject } from "../base/json.ts";
import type { ToolCall } from "./chat.ts";
import { pythonJson } from "./pythonJson.ts";

const MARK = "｜DSML｜";

export const DSML_OPEN = `<${MARK}function_calls>`;
export const DSML_CLOSE = `</${MARK}function_calls>`;

/**
 * Tool calls in DeepSeek-V3.2's markup: one invoke for each call, one parameter for each argument; strings stand raw, other
 * values as JSON.
 */
export function writeDsml(calls: readonly ToolCall[]): string {
  const invokes = calls.map(({ name, arguments: values }) => {
    const parameters = Object.entries(values).map(([key, value]) => {
      const isString = typeof value === "string";
      return `<${MARK}parameter name="${key}" string="${isString}">${isString ? value : pythonJson(value)}</${MARK}parameter>`;
    });
    return `<${MARK}invoke name="${name}">\n${parameters.join("\n")}\n</${MARK}invoke>`;
  });
  return `${DSML_OPEN}\n${invokes.join("\n")}\n${DSML_CLOSE}`;
}

/** @param block what stands between `DSML_OPEN` and `DSML_CLOSE` @returns null where it is not such markup */
export function readDsml(block: string): ToolCall[] | null {
  const invoke = new RegExp(`\\s*<${MARK}invoke name="([^"]*)">(.*?)</${MARK}invoke>\\s*`, "gsy");
  const calls: ToolCall[] = [];
  let end = 0;
  for (const [text, name = "", body = ""] of block.matchAll(invoke)) {
    const values = readParameters(body);
    if (values === null) return null;
    calls.push({ name, arguments: values });
    end += text.length;
  }
  return end === block.length && calls.length > 0 ? calls : null;
}

function readParameters(body: string): JsonObject | null {
  const parameter = new RegExp(
    `\\s*<${MARK}parameter name="([^"]*)" string="(true|false)">(.*?)</${MARK}parameter>\\s*`,
    "gsy",
  );
  const values: [string, unknown][] = [];
  let end = 0;
  for (const [text, name = "", isString, value = ""] of body.matchAll(parameter)) {
    const read = isString === "true" ? value : parseJson(value);
    if (read === undefined) return null;
    values.push([name, read]);
    end += text.length;
  }
  return body.slice(end).trim() === "" ? Object.fromEntries(values) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
