import { isObject, type JsonObject } from "../server/contents/jsonObject.ts";

interface SavedWidget extends JsonObject {
  readonly state: JsonObject;
}

/** Models of widgets by their id, in the form in which notebooks keep them. */
export type SavedWidgets = Readonly<Record<string, SavedWidget>>;

/**
 * What the control comm answers to `request_states`, with each model's buffers beside its state, as base64.
 * @returns null if it is another message
 */
export function savedWidgets(
  { data }: JsonObject,
  buffers: readonly Uint8Array[],
): SavedWidgets | null {
  if (!isObject(data) || data.method !== "update_states" || !isObject(data.states)) return null;
  const { states, buffer_paths: paths } = data;
  const placed = (Array.isArray(paths) ? (paths as (string | number)[][]) : []).map(
    ([id, , ...path], i) => ({ id, path, bytes: buffers[i] ?? new Uint8Array(0) }),
  );
  return Object.fromEntries(
    Object.entries(states as SavedWidgets).map(([id, model]) => {
      const own = placed.filter((each) => each.id === id);
      const encoded = own.map(({ path, bytes }) => ({
        ...{ path, encoding: "base64" },
        data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
      }));
      return [id, encoded.length === 0 ? model : { ...model, buffers: encoded }];
    }),
  );
}
