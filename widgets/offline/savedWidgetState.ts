import type { SavedState } from "./pageModel.ts";

/** MIME type of the state of a notebook's widgets, kept in its metadata under `widgets`. */
const STATE_MIME = "application/vnd.jupyter.widget-state+json";
const VIEW_MIME = "application/vnd.jupyter.widget-view+json";
const REFERENCE = "IPY_MODEL_";

type Data = Readonly<Record<string, unknown>>;

/** What the widget manager makes of its models. */
interface WidgetState {
  readonly version_major: number;
  readonly version_minor: number;
  readonly state: Readonly<Record<string, SavedModel>>;
}

interface SavedModel {
  readonly state: unknown;
  /** What of it is bytes, in base64, and where that belongs. */
  readonly buffers?: readonly {
    readonly path: readonly (string | number)[];
    readonly data: string;
  }[];
}

/** The part of JupyterLab's notebook model that is used here. */
interface NotebookModel {
  readonly cells: Iterable<{
    readonly trusted: boolean;
    readonly outputs?: { toJSON(): readonly { readonly data?: Data }[] };
  }>;
  getMetadata(key: string): unknown;
  setMetadata(key: string, value: unknown): void;
  deleteMetadata(key: string): void;
}

/** Whether a MIME bundle holds a picture of its widget. */
export const hasPicture = (data: Data): boolean =>
  Object.keys(data).some((type) => type.startsWith("image/"));

/** Ids of the widgets shown anywhere in a tree: referred to by others, or in outputs of an output widget. */
function idsIn(tree: unknown): string[] {
  if (typeof tree === "string") {
    return tree.startsWith(REFERENCE) ? [tree.slice(REFERENCE.length)] : [];
  }
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === VIEW_MIME ? [(value as { model_id: string }).model_id] : idsIn(value),
  );
}

/** Whether a widget's state has answers with which it responds where no kernel is: Vitrine's own pictures. */
export const respondsAlone = (state: unknown): boolean =>
  typeof state === "object" && state !== null && "kept" in state && "about" in state;

/** The same of a state as it is saved, with its bytes apart. */
const savedRespondsAlone = ({ state, buffers = [] }: SavedModel): boolean => {
  const bytes = buffers.map(({ path }) => [path[0], null] as const);
  return respondsAlone({ ...Object.fromEntries(bytes), ...(state as object) });
};

/** Widgets in outputs that have no picture beside them, and those that respond better than their picture does. */
function worthSaving(notebook: NotebookModel, known: WidgetState["state"]): string[] {
  const bundles = [...notebook.cells].flatMap((cell) =>
    (cell.outputs?.toJSON() ?? []).map(({ data }) => data ?? {}),
  );
  return bundles
    .filter((data) => VIEW_MIME in data)
    .flatMap((data) =>
      idsIn(data).filter((id) => {
        const model = known[id];
        return !hasPicture(data) || (model !== undefined && savedRespondsAlone(model));
      }),
    );
}

const earlierState = (notebook: Pick<NotebookModel, "getMetadata">): WidgetState["state"] =>
  (notebook.getMetadata("widgets") as Record<string, WidgetState> | undefined)?.[STATE_MIME]
    ?.state ?? {};

/** A picture of Vitrine's that a notebook was saved with, so that it responds without a kernel; null where there is none. */
export function savedPicture(
  notebook: Pick<NotebookModel, "getMetadata">,
  id: string,
): SavedState | null {
  const models = earlierState(notebook);
  const model = Object.hasOwn(models, id) ? models[id] : undefined;
  if (model === undefined || !savedRespondsAlone(model)) return null;
  return { state: model.state as SavedState["state"], buffers: model.buffers ?? [] };
}

/** Whether a notebook was saved with the state of a widget. */
export const isSaved = (notebook: Pick<NotebookModel, "getMetadata">, id: string): boolean =>
  Object.hasOwn(earlierState(notebook), id);

/**
 * Puts the state of widgets into a notebook that is about to be saved: of those that its outputs show without a picture
 * of them, of Vitrine's own pictures, and of what these refer to. Where the page has no model, because no kernel runs, the state
 * stays that was saved before.
 */
export function saveWidgetState(current: WidgetState, notebook: NotebookModel): void {
  const known = { ...earlierState(notebook), ...current.state };
  const kept: Record<string, WidgetState["state"][string]> = {};
  const queue = worthSaving(notebook, known);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const model = known[id];
    if (model === undefined || id in kept) continue;
    kept[id] = model;
    queue.push(...idsIn(model.state));
  }
  if (Object.keys(kept).length > 0) {
    notebook.setMetadata("widgets", { [STATE_MIME]: { ...current, state: kept } });
  } else if (notebook.getMetadata("widgets") !== undefined) notebook.deleteMetadata("widgets");
}

/** Whether code that a notebook's widget state may hold can run: all outputs that show a widget are trusted. */
export function trustsSavedWidgets(notebook: NotebookModel): boolean {
  return [...notebook.cells].every(
    (cell) =>
      cell.trusted || !(cell.outputs?.toJSON() ?? []).some(({ data }) => data && VIEW_MIME in data),
  );
}
