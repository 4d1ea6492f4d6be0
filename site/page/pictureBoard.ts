import type { AfmView } from "../../widgets/render/afm.ts";
import { element } from "../../widgets/render/element.ts";
import { PICTURES, type PictureName } from "../pictures.ts";
import type { LiveWorker } from "./liveWorker.ts";

interface Place {
  readonly section: HTMLElement;
  readonly about: HTMLElement;
  /** What is drawn there, and what ends it. */
  shown: { readonly el: HTMLElement; readonly end: () => void } | null;
}

interface BoardOptions {
  readonly buttons: HTMLElement;
  readonly board: HTMLElement;
  readonly open: readonly PictureName[];
  /** Told when a button has opened or closed a picture. */
  readonly onChange: (open: readonly PictureName[]) => void;
}

/** The code of a view, which browsers fetch once. */
const viewOf = (name: PictureName): Promise<{ readonly default: AfmView }> =>
  import(new URL(`views/${name}.js`, import.meta.url).href);

/** The pictures of the page: a button for each, and a place for each that is open. */
export class PictureBoard {
  readonly #options: BoardOptions;
  readonly #places = new Map<PictureName, Place>();
  readonly #buttons = new Map<PictureName, HTMLButtonElement>();
  #worker: LiveWorker | null = null;
  #hasRun = false;

  constructor(options: BoardOptions) {
    this.#options = options;
    for (const { name, title, about } of PICTURES) {
      const button = element("button", { type: "button", title: about }, title);
      button.addEventListener("click", () => this.#toggle(name));
      this.#buttons.set(name, button);
      options.buttons.append(button);
    }
    this.open(options.open);
  }

  /** Names of those that are open, in the order of the buttons. */
  get opened(): readonly PictureName[] {
    return PICTURES.map(({ name }) => name).filter((name) => this.#places.has(name));
  }

  /** Opens these, and closes all others. */
  open(names: readonly PictureName[]): void {
    for (const { name } of PICTURES)
      if (names.includes(name) !== this.#places.has(name))
        this.#setOpen(name, !this.#places.has(name));
    this.#mark();
  }

  /** A new run is there: every open picture is asked for, and stands until the new one is drawn. */
  draw(worker: LiveWorker): void {
    this.#worker = worker;
    this.#hasRun = true;
    for (const name of this.opened) this.#ask(name);
  }

  /** The worker went: what is drawn stays until the next run, and nothing is asked meanwhile. */
  rest(): void {
    this.#hasRun = false;
  }

  /** Draws a picture whose comm is open. */
  async show(name: PictureName, comm: string): Promise<void> {
    const worker = this.#worker;
    const place = this.#places.get(name);
    const model = worker?.model(comm) ?? null;
    if (place === undefined || worker === null || model === null) return worker?.close(comm);
    const { default: view } = await viewOf(name).catch((error: unknown) => {
      worker.close(comm);
      throw error;
    });
    if (this.#places.get(name) !== place || this.#worker !== worker) return worker.close(comm);
    const el = element("div", { class: "drawn" });
    const before = place.shown;
    place.section.append(el);
    const end = view.render({ model, el });
    place.shown = {
      el,
      end: () => {
        end();
        el.remove();
        worker.close(comm);
      },
    };
    before?.end();
    place.section.querySelector(".refusal")?.remove();
    place.section.dataset.state = "drawn";
    performance.mark(`vitrine:${name}`);
  }

  /** Says in the place of a picture why it is not there. */
  refuse(name: PictureName, message: string): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    place.section.querySelector(".refusal")?.remove();
    place.about.after(element("p", { class: "refusal", role: "alert" }, message));
    place.section.dataset.state = "refused";
  }

  #ask(name: PictureName): void {
    const place = this.#places.get(name);
    if (place) place.section.dataset.state = "asked";
    this.#worker?.say({ kind: "show", picture: name });
  }

  #toggle(name: PictureName): void {
    this.#setOpen(name, !this.#places.has(name));
    this.#mark();
    this.#options.onChange(this.opened);
  }

  #setOpen(name: PictureName, isOpen: boolean): void {
    if (!isOpen) {
      const place = this.#places.get(name);
      place?.shown?.end();
      place?.section.remove();
      this.#places.delete(name);
      return;
    }
    this.#places.set(name, this.#newPlace(name));
    viewOf(name).catch(() => {}); // is on its way while the model computes; `show` tells of a failure
    const { board } = this.#options;
    for (const each of this.opened) board.append(this.#places.get(each)?.section as HTMLElement);
    if (this.#hasRun) this.#ask(name);
  }

  #newPlace(name: PictureName): Place {
    const { title = name, about: sentence = "" } =
      PICTURES.find((picture) => picture.name === name) ?? {};
    const heading = element("h2", { class: "unseen", id: `title-${name}` }, `Picture: ${title}`);
    const about = element("p", { class: "about" }, sentence);
    const section = element(
      "section",
      { "aria-labelledby": `title-${name}`, "data-picture": name, "data-state": "empty" },
      heading,
      about,
    );
    return { section, about, shown: null };
  }

  #mark(): void {
    for (const [name, button] of this.#buttons)
      button.setAttribute("aria-pressed", String(this.#places.has(name)));
  }
}
