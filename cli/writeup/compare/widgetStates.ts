import { putBuffers } from "../../../kernel/display/buffers.ts";
import { isObject, type JsonObject } from "../../../kernel/server/contents/jsonObject.ts";
import { isRunId } from "../runId.ts";

const STATE_MIME = "application/vnd.jupyter.widget-state+json";
const REFERENCE = "IPY_MODEL_";

/** Finds what a notebook keeps of a widget; null where it keeps nothing. */
export type FindState = (id: string) => JsonObject | null;

/**
 * The states of the widgets that a notebook keeps, without what is of one kernel alone: ids of models, in whose place the state of
 * the model stands, ids of runs, which are numbered as they come, and the protocol's own keys.
 * @param onBytes what stands in the place of bytes
 */
export function widgetStates(
  { metadata }: { readonly metadata: JsonObject },
  onBytes: (bytes: Uint8Array) => unknown,
): FindState {
  const widgets = metadata.widgets as Record<string, { state?: JsonObject }> | undefined;
  const models = widgets?.[STATE_MIME]?.state ?? {};
  const runs = new Map<string, string>();
  const stateOf = (id: string, within: readonly string[]): JsonObject | null => {
    const model = Object.hasOwn(models, id) ? models[id] : undefined;
    if (!isObject(model) || !isObject(model.state)) return null;
    const state = structuredClone(model.state);
    const buffers = (Array.isArray(model.buffers) ? model.buffers : []) as SavedBuffer[];
    const paths = buffers.map(({ path }) => path);
    putBuffers(
      state,
      paths,
      buffers.map((buffer) => onBytes(decoded(buffer))),
    );
    const own = Object.entries(state).filter(([key]) => !key.startsWith("_"));
    return resolved(Object.fromEntries(own), [...within, id]) as JsonObject;
  };
  const resolved = (value: unknown, within: readonly string[]): unknown => {
    if (typeof value === "string" && value.startsWith(REFERENCE)) {
      const id = value.slice(REFERENCE.length);
      return within.includes(id) ? `widget ${within.indexOf(id)}` : stateOf(id, within);
    }
    if (typeof value === "string" && isRunId(value)) {
      if (!runs.has(value)) runs.set(value, `run ${runs.size + 1}`);
      return runs.get(value);
    }
    if (value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return value.map((each) => resolved(each, within));
    if (!isObject(value)) return value;
    return Object.fromEntries(inOrder(value).map(([key, each]) => [key, resolved(each, within)]));
  };
  return (id) => stateOf(id, []);
}

/** By name: a saved file has its keys so, and a kernel in the order in which they were set. Runs are numbered in this order. */
const inOrder = (value: JsonObject): [string, unknown][] =>
  Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

interface SavedBuffer {
  readonly path: (string | number)[];
  readonly data: string;
  readonly encoding?: string;
}

const decoded = ({ data, encoding }: SavedBuffer): Uint8Array =>
  new Uint8Array(Buffer.from(data, encoding === "hex" ? "hex" : "base64"));
