import assert from "node:assert/strict";
import { test } from "node:test";
import { isSaved, savedPicture, saveWidgetState } from "../../widgets/offline/savedWidgetState.ts";

const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

/** A notebook whose outputs show these widgets, some beside a picture. */
function notebookOf(shown: readonly { readonly id: string; readonly picture: boolean }[]) {
  const metadata = new Map<string, unknown>();
  const outputsOf = (widgets: typeof shown) =>
    widgets.map(({ id, picture }) => ({
      data: { [VIEW]: { model_id: id }, ...(picture && { "image/svg+xml": "<svg/>" }) },
    }));
  let outputs = outputsOf(shown);
  return {
    show: (widgets: typeof shown) => {
      outputs = outputsOf(widgets);
    },
    cells: [{ trusted: true, outputs: { toJSON: () => outputs } }],
    getMetadata: (key: string) => metadata.get(key),
    setMetadata: (key: string, value: unknown) => void metadata.set(key, value),
    deleteMetadata: (key: string) => void metadata.delete(key),
    /** Ids of the models that the notebook holds. */
    saved: () =>
      Object.keys(
        (metadata.get("widgets") as Record<string, { state: object }>)?.[STATE]?.state ?? {},
      ),
  };
}

/** Models as the widget manager tells them: bytes are apart from the rest of the state. */
const state = (
  ...models: readonly (readonly [id: string, state: object, ...bytes: readonly string[]])[]
) => ({
  ...{ version_major: 2, version_minor: 0 },
  state: Object.fromEntries(
    models.map(([id, own, ...bytes]) => [
      id,
      { state: own, buffers: bytes.map((name) => ({ path: [name], data: "AA==" })) },
    ]),
  ),
});

test("a notebook keeps the state of widgets without a picture, and of pictures that respond from it", () => {
  const notebook = notebookOf([
    { id: "bare", picture: false },
    { id: "own", picture: true },
    { id: "theirs", picture: true },
  ]);
  const own = { about: {} };
  const current = state(
    ["bare", { child: "IPY_MODEL_inner" }],
    ["inner", {}],
    ["own", own, "numbers", "kept"],
    ["theirs", own, "numbers"],
    ["unseen", own, "kept"],
  );
  saveWidgetState(current, notebook);
  assert.deepEqual(notebook.saved().sort(), ["bare", "inner", "own"]);
});

test("what a cell showed before it ran again, and all that hung on it, is dropped with its output", () => {
  const notebook = notebookOf([{ id: "first", picture: true }]);
  const own = (layout: string) => ({ about: {}, layout: `IPY_MODEL_${layout}` });
  saveWidgetState(state(["first", own("l1"), "kept"], ["l1", {}]), notebook);
  assert.deepEqual(notebook.saved().sort(), ["first", "l1"]);
  notebook.show([{ id: "second", picture: true }]);
  const both = state(["second", own("l2"), "kept"], ["l2", {}], ["first", own("l1"), "kept"]);
  saveWidgetState(both, notebook); // a model that the kernel has closed may still be in the page
  assert.deepEqual(notebook.saved().sort(), ["l2", "second"]);
  notebook.show([]);
  saveWidgetState(both, notebook);
  assert.equal(notebook.getMetadata("widgets"), undefined);
});

test("where no kernel runs, the state of a picture stays as it was saved", () => {
  const notebook = notebookOf([{ id: "own", picture: true }]);
  saveWidgetState(state(["own", { about: {} }, "kept"]), notebook);
  saveWidgetState(state(), notebook);
  assert.deepEqual(notebook.saved(), ["own"]);
  assert.equal(isSaved(notebook, "own"), true);
  assert.equal(isSaved(notebook, "theirs"), false);
});

test("a picture that responds is found in a notebook by its id, and nothing else is", () => {
  const notebook = notebookOf([
    { id: "own", picture: true },
    { id: "theirs", picture: false },
  ]);
  const own = { about: {}, title: "of its own" };
  saveWidgetState(state(["own", own, "kept"], ["theirs", { about: {} }]), notebook);
  assert.deepEqual(notebook.saved().sort(), ["own", "theirs"]);
  assert.deepEqual(savedPicture(notebook, "own"), {
    state: own,
    buffers: [{ path: ["kept"], data: "AA==" }],
  });
  for (const id of ["theirs", "nobody's", "toString"])
    assert.equal(savedPicture(notebook, id), null, id);
});
