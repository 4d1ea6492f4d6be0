import { gunzip } from "./packed.ts";
import { PageModel, type SavedState } from "./pageModel.ts";

/** A picture's view module, as its code exports it. */
interface ViewModule {
  readonly default: { render(context: { model: PageModel; el: HTMLElement }): unknown };
}

/** JSON that the page carries in an element. */
const jsonIn = (element: Element | null): unknown => JSON.parse(element?.textContent ?? "null");

const modules = new Map<string, Promise<ViewModule>>();

/** @param packed base64 of compressed code */
async function importModule(packed: string): Promise<ViewModule> {
  const source = await gunzip(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)));
  const url = URL.createObjectURL(new Blob([source.slice()], { type: "text/javascript" }));
  return import(url) as Promise<ViewModule>;
}

/** The code of a view, which the page carries or names once however many pictures it draws. */
function viewModule(name: string): Promise<ViewModule> {
  const known = modules.get(name);
  if (known) return known;
  const script = document.querySelector<HTMLElement>(`script[data-view="${name}"]`);
  const { at } = script?.dataset ?? {};
  const loading =
    at === undefined
      ? importModule(script?.textContent ?? "")
      : (import(new URL(at, document.baseURI).href) as Promise<ViewModule>);
  modules.set(name, loading);
  return loading;
}

/** Puts the live picture in the place of its image; where that cannot be, the image stays, and says why. */
async function bringToLife(place: HTMLElement): Promise<void> {
  const { picture = "", viewName = "" } = place.dataset;
  const el = document.createElement("div");
  try {
    const saved = jsonIn(document.querySelector(`script[data-state="${picture}"]`)) as SavedState;
    const { default: view } = await viewModule(viewName);
    place.append(el);
    await view.render({ model: new PageModel(saved), el });
    place.dataset.live = "yes";
    for (const child of [...place.children]) if (child !== el) child.remove();
  } catch (error) {
    el.remove();
    place.dataset.live = "no";
    const note = document.createElement("p");
    note.textContent = `This picture does not respond: its code failed on the saved state (${String(error)}). Export the notebook again with the Vitrine that ran it.`;
    place.append(note);
  }
}

/** Pictures of a page that was written by `offlinePage` answer for themselves, one after another. */
async function start(): Promise<void> {
  for (const place of document.querySelectorAll<HTMLElement>("[data-picture]"))
    await bringToLife(place);
  document.documentElement.dataset.pictures = "ready";
}

void start();
