import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { savedPicture, trustsSavedWidgets } from "../offline/savedWidgetState.ts";
import { isLive, lacksCode } from "./liveView.ts";
import { NOT_TRUSTED, pictureNote, SAVED_PICTURE, SAVED_STATE } from "./pictureNotes.ts";
import { renderSaved } from "./renderSaved.ts";
import { staticPicture } from "./staticPicture.ts";

const NO_ANYWIDGET =
  "Saved picture. The live widget needs anywidget's extension in this Jupyter: pip install anywidget.";

type Notebook = Parameters<typeof savedPicture>[0] & Parameters<typeof trustsSavedWidgets>[0];

/**
 * A picture in the place of a widget that is not live: the one that responds, where the notebook was saved with it and is trusted,
 * else the static one. It goes when the live view comes.
 */
export class SavedPicture {
  readonly #live: HTMLElement;
  readonly #notebook: Notebook;
  readonly #host = document.createElement("div");
  readonly #changes = new MutationObserver(() => {
    this.#choose();
    if (this.#isStill && lacksCode(this.#live)) this.#drawStill();
  });
  readonly #themes = new MutationObserver(() => {
    if (this.#isStill) this.#drawStill();
  });
  #output: { readonly model: IRenderMime.IMimeModel; readonly widgetId: string } | null = null;
  #isDisposed = false;
  #isShown = false;
  #isStill = false;
  /** Ends the view that responds; null where there is none. */
  #endView: (() => void) | null = null;
  /** Counts what was drawn, so that a view that took its time does not come into a later one. */
  #nDrawn = 0;

  /** @param live where Jupyter puts the live view */
  constructor(live: HTMLElement, notebook: Notebook) {
    this.#live = live;
    this.#notebook = notebook;
    this.#host.className = "jp-OutputArea-output vitrine-picture";
    this.#themes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    this.#watch();
  }

  /** Takes an output as it is now, trusted or not. A turn later it stands in the page, and all outputs are trusted that will be. */
  show(model: IRenderMime.IMimeModel, widgetId: string): void {
    setTimeout(() => {
      if (this.#isDisposed) return;
      this.#output = { model, widgetId };
      const wasShown = this.#isShown;
      this.#choose();
      if (wasShown && this.#isShown && this.#endView === null) void this.#draw();
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#output = null;
    this.#changes.disconnect();
    this.#themes.disconnect();
    this.#clear();
    this.#host.remove();
  }

  /** A view that was live stays, whatever becomes of its kernel: it has more than the notebook has. */
  #choose(): void {
    const isThere = this.#isShown ? isLive(this.#live) : this.#live.firstElementChild !== null;
    if (this.#output === null || this.#isShown !== isThere) return;
    this.#isShown = !isThere;
    this.#watch();
    this.#live.style.display = this.#isShown ? "none" : "";
    if (this.#isShown) {
      this.#live.after(this.#host);
      void this.#draw();
    } else {
      this.#clear();
      this.#host.remove();
    }
  }

  #watch(): void {
    this.#changes.disconnect();
    const anything = { subtree: true, attributes: true, attributeFilter: ["class"] };
    this.#changes.observe(this.#live, { childList: true, ...(this.#isShown ? anything : {}) });
  }

  /** Draws the static picture, and then what responds in its stead. */
  async #draw(): Promise<void> {
    this.#clear();
    const drawn = this.#nDrawn;
    this.#drawStill();
    const saved = this.#saved();
    if (saved === null) return;
    const place = document.createElement("div");
    this.#host.append(place);
    try {
      const end = await renderSaved(saved, place);
      if (drawn !== this.#nDrawn) return end();
      this.#isStill = false;
      this.#endView = end;
      this.#host.replaceChildren(place, pictureNote(SAVED_STATE));
    } catch (error) {
      place.remove();
      if (drawn === this.#nDrawn) this.#drawStill(`The saved widget could not be shown: ${error}`);
    }
  }

  /** What responds, of a notebook whose code may run. */
  #saved(): ReturnType<typeof savedPicture> {
    if (!this.#output?.model.trusted || !trustsSavedWidgets(this.#notebook)) return null;
    return savedPicture(this.#notebook, this.#output.widgetId);
  }

  #drawStill(said = this.#usualNote()): void {
    if (this.#output === null) return;
    this.#isStill = true;
    const picture = staticPicture(
      this.#output.model,
      document.body.dataset.jpThemeLight === "false",
    );
    this.#host.replaceChildren(...(picture ? [picture] : []), pictureNote(said));
  }

  #usualNote(): string {
    if (!this.#output?.model.trusted) return NOT_TRUSTED;
    return lacksCode(this.#live) ? NO_ANYWIDGET : SAVED_PICTURE;
  }

  #clear(): void {
    this.#nDrawn++;
    this.#endView?.();
    this.#endView = null;
    this.#isStill = false;
    this.#host.replaceChildren();
  }
}
