/** A widget whose comm is open, as the control comm needs it to rebuild a page. */
export interface LiveWidget {
  /** Every key of the model, the protocol's own (`_model_name`, ...) among them; binary leaves in place. */
  fullState(): Record<string, unknown>;
  /** The widget itself, for references to it. */
  readonly widget: object;
}

const LIVE_WIDGETS = Symbol.for("vitrine.liveWidgets");

/** Open widgets of this process by comm id; one map however many copies of this module are bundled. */
export function liveWidgets(): Map<string, LiveWidget> {
  const shared = globalThis as Record<symbol, unknown>;
  shared[LIVE_WIDGETS] ??= new Map<string, LiveWidget>();
  return shared[LIVE_WIDGETS] as Map<string, LiveWidget>;
}
