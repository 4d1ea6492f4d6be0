import { putBuffers } from "../../kernel/display/buffers.ts";
import type { OfflinePicture } from "../../widgets/offline/page.ts";
import { viewSource } from "../../widgets/render/viewSource.ts";
import type { Bundle, ReadNotebook } from "./readNotebook.ts";

const STATE_MIME = "application/vnd.jupyter.widget-state+json";
const VIEW_MIME = "application/vnd.jupyter.widget-view+json";
/** Of `_anywidget_id`, before the name of one of Vitrine's own pictures. */
const OWN = "vitrine.";

interface SavedModel {
  readonly state?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly {
    readonly path: (string | number)[];
    readonly data: string;
    readonly encoding?: string;
  }[];
}

/**
 * Finds what a notebook has saved of the widget that an output shows: null where it is none, where nothing was saved, or where it is
 * none of Vitrine's pictures. The code of a picture comes from this package, never from the notebook.
 */
export function savedPictures({ metadata }: ReadNotebook): (data: Bundle) => OfflinePicture | null {
  const widgets = metadata.widgets as Record<string, { state?: unknown }> | undefined;
  const models = (widgets?.[STATE_MIME]?.state ?? {}) as Readonly<Record<string, SavedModel>>;
  return (data) => {
    const id = viewedModel(data);
    const saved = id !== null && Object.hasOwn(models, id) ? models[id] : undefined;
    const svg = data["image/svg+xml"];
    if (id === null || saved?.state === undefined || typeof svg !== "string") return null;
    const view = ownView(saved.state);
    if (view === null) return null;
    const { kept, ...state } = stateOf(saved);
    return {
      id,
      ...view,
      state,
      kept: kept instanceof Uint8Array ? kept : new Uint8Array(0),
      svg,
      text: String(data["text/plain"] ?? view.view),
    };
  };
}

/** Whether an output shows a widget. */
export const showsWidget = (data: Bundle): boolean => VIEW_MIME in data;

function viewedModel(data: Bundle): string | null {
  const reference = data[VIEW_MIME] as { model_id?: unknown } | undefined;
  return typeof reference?.model_id === "string" ? reference.model_id : null;
}

function ownView(state: Readonly<Record<string, unknown>>): { view: string; esm: string } | null {
  const id = state._anywidget_id;
  if (typeof id !== "string" || !id.startsWith(OWN)) return null;
  const view = id.slice(OWN.length);
  if (!/^[a-z][a-zA-Z]*$/.test(view)) return null;
  try {
    return { view, esm: viewSource(view) };
  } catch {
    return null; // a widget of somebody's own that has our prefix, or a picture of another version
  }
}

/** The state with its buffers in place, without the keys of the widget protocol. */
function stateOf({ state, buffers = [] }: SavedModel): Record<string, unknown> {
  const own = Object.entries(structuredClone(state ?? {})).filter(([key]) => !key.startsWith("_"));
  const whole = Object.fromEntries(own);
  const bytes = buffers.map(
    ({ data, encoding }) =>
      new Uint8Array(Buffer.from(data, encoding === "hex" ? "hex" : "base64")),
  );
  const paths = buffers.map(({ path }) => path);
  putBuffers(whole, paths, bytes);
  return whole;
}
