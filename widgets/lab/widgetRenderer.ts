import type { LabWidgetManager, WidgetManager } from "@jupyter-widgets/jupyterlab-manager";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Panel, type Widget } from "@lumino/widgets";
import { hasPicture, isSaved, respondsAlone } from "../offline/savedWidgetState.ts";
import { NOT_TRUSTED, pictureNote, SAVED_PICTURE, SAVED_STATE } from "../stock/pictureNotes.ts";
import { staticPicture } from "../stock/staticPicture.ts";

/** How long an output stays empty while its live widget may still come. */
const PATIENCE_MS = 400;

interface ViewReference {
  model_id: string;
}

/**
 * Shows a widget's live view where its model lives in the kernel, and the picture saved beside it everywhere else: in
 * a notebook without a kernel, after a restart, in a notebook that is not trusted. When the model appears, the view
 * takes the picture's place. Vitrine's own pictures respond from the state that was saved with them.
 *
 * The widget manager's plugin makes these instead of its own renderer (scripts/build/lab/labPlugin.ts), so the
 * constructor and the `manager` property are the ones it uses. A model that only the notebook's saved state knows is
 * shown where there is no picture.
 */
export class WidgetRenderer extends Panel implements IRenderMime.IRenderer {
  readonly mimeType: string;
  #manager: LabWidgetManager | null = null;
  #model: IRenderMime.IMimeModel | null = null;
  #isLive = false;
  /** What is said below the picture instead of the usual. */
  #said = "";
  readonly #themes = new MutationObserver(() => {
    if (this.hasClass("vitrine-picture")) this.#showPicture(this.#said);
  });

  constructor(options: IRenderMime.IRendererOptions, manager?: LabWidgetManager) {
    super();
    this.mimeType = options.mimeType;
    this.#themes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    if (manager) this.manager = manager;
  }

  set manager(value: LabWidgetManager) {
    this.#manager?.restored.disconnect(this.#tryLive, this);
    this.#manager = value;
    value.restored.connect(this.#tryLive, this);
    this.#tryLive();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#model = model;
    const timer = window.setTimeout(() => this.#showPicture(), PATIENCE_MS);
    if (this.#manager) await this.#showLive(this.#manager);
    if (!this.#isLive && model.trusted) this.#loadSaved();
    if (this.#isLive || this.#manager?.restoredStatus) window.clearTimeout(timer);
    if (this.#manager?.restoredStatus) this.#showPicture();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#themes.disconnect();
    this.#manager?.restored.disconnect(this.#tryLive, this);
    this.#manager = null;
    super.dispose();
  }

  /** What was saved with the notebook is not loaded before it is trusted, which may be now. */
  #loadSaved(): void {
    const manager = this.#manager as WidgetManager | null;
    const notebook = manager?.context?.model; // a console has none
    const reference = this.#model?.data[this.mimeType] as ViewReference | undefined;
    if (!manager?.restoredStatus || !notebook || !reference) return;
    if (!isSaved(notebook, reference.model_id)) return;
    void manager.restoreWidgets(notebook, { loadKernel: false, loadNotebook: true });
  }

  #tryLive(): void {
    if (this.#manager) void this.#showLive(this.#manager);
  }

  /** Replaces what is shown by the model's view; does nothing where there is no model. */
  async #showLive(manager: LabWidgetManager): Promise<void> {
    const reference = this.#model?.data[this.mimeType] as ViewReference | undefined;
    if (!reference || !this.#model?.trusted || this.#isLive || this.isDisposed) return;
    if (reference.model_id === "" || !manager.has_model(reference.model_id)) return;
    this.#isLive = true;
    try {
      const widget = await manager.get_model(reference.model_id);
      const isAlone = !widget.comm_live;
      if (isAlone && hasPicture(this.#model.data) && !respondsAlone(widget.attributes)) {
        this.#isLive = false;
        this.#showPicture();
        return;
      }
      const view = await manager.create_view(widget);
      if (this.isDisposed) return;
      this.#adopt((view as unknown as { luminoWidget: Widget }).luminoWidget, reference);
      if (isAlone && respondsAlone(widget.attributes)) this.#addNote(SAVED_STATE);
    } catch (error) {
      this.#isLive = false;
      this.#showPicture(`The widget could not be shown: ${String(error)}`);
    }
  }

  #adopt(view: Widget, reference: ViewReference): void {
    this.#clear();
    this.addWidget(view);
    view.disposed.connect(() => {
      this.#isLive = false;
      reference.model_id = ""; // the kernel closed the model: there is nothing to come back to
      this.#showPicture();
    });
  }

  #showPicture(said = ""): void {
    if (this.isDisposed || this.#isLive || this.#model === null) return;
    this.#clear();
    this.#said = said;
    const note = said || (this.#model.trusted ? SAVED_PICTURE : NOT_TRUSTED);
    const picture = staticPicture(this.#model, document.body.dataset.jpThemeLight === "false");
    if (picture) this.node.append(picture);
    this.#addNote(picture ? note : "This widget is not live. Run the cell to see it.");
    this.addClass("vitrine-picture");
  }

  #addNote(text: string): void {
    this.node.append(pictureNote(text));
  }

  #clear(): void {
    this.node.textContent = "";
    this.removeClass("vitrine-picture");
  }
}
