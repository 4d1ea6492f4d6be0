import { checkOptions, type OptionNames } from "./checkOptions.ts";
import type { MimeBundle } from "./host.ts";
import { WidgetModel } from "./widgetModel.ts";

const ANYWIDGET_VERSION = "~0.11.0";

export interface AnyWidgetOptions<State extends object> {
  /** Source of the front-end module: an ES module whose default export is `{ initialize?, render? }`. */
  readonly esm: string;
  readonly css?: string;
  /** Synced with the front end. JSON, with ArrayBuffers or views anywhere in it; incoming buffers are DataViews. */
  readonly state: State;
  /** Names the widget's class in the front end, so that a changed `esm` replaces the old one. */
  readonly name?: string;
  /** Called for each `model.send(content, _, buffers)` of the front end. */
  readonly onMessage?: (
    content: unknown,
    buffers: readonly DataView[],
    widget: AnyWidget<State>,
  ) => void | Promise<void>;
  /** Other MIME types to show where no widget can be: at least `text/plain`, and an SVG or a base64 PNG. */
  readonly fallback?: () => MimeBundle | Promise<MimeBundle>;
}

const ANYWIDGET_OPTIONS: OptionNames<AnyWidgetOptions<object>> = {
  esm: true,
  css: true,
  state: true,
  name: true,
  onMessage: true,
  fallback: true,
};

/**
 * A two-way anywidget.
 * @see https://anywidget.dev/en/afm
 */
export class AnyWidget<State extends object> extends WidgetModel<State> {
  readonly #options: AnyWidgetOptions<State>;

  /** @throws KernelError ERR_OPTION */
  constructor(options: AnyWidgetOptions<State>) {
    checkOptions("widget", options, ANYWIDGET_OPTIONS);
    super(options.state);
    this.#options = options;
  }

  protected override fallback(): MimeBundle | Promise<MimeBundle> {
    return this.#options.fallback?.() ?? { "text/plain": this.#options.name ?? "AnyWidget" };
  }

  protected override receive(content: unknown, buffers: readonly DataView[]): void | Promise<void> {
    return this.#options.onMessage?.(content, buffers, this);
  }

  protected override identity(): Readonly<Record<string, unknown>> {
    const { esm, css = "", name = "AnyWidget" } = this.#options;
    return {
      _model_module: "anywidget",
      _model_name: "AnyModel",
      _model_module_version: ANYWIDGET_VERSION,
      _view_module: "anywidget",
      _view_name: "AnyView",
      _view_module_version: ANYWIDGET_VERSION,
      _view_count: null,
      _anywidget_id: `vitrine.${name}`,
      _esm: esm,
      _css: css,
    };
  }
}

/**
 * A widget of your own: `esm` is an ES module (source text) with `export default { render({ model, el }) {...} }`,
 * `state` is shared with it in both directions.
 */
export function widget<State extends object>(options: AnyWidgetOptions<State>): AnyWidget<State> {
  return new AnyWidget(options);
}
