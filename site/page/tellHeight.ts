/** What an embedded page tells the page around it. */
export interface HeightMessage {
  readonly kind: "vitrine-height";
  /** CSS pixels. */
  readonly height: number;
}

/** Tells the page around how high this one is, each time that changes. */
export function tellHeight(): void {
  const tell = (): void => {
    const message: HeightMessage = {
      kind: "vitrine-height",
      height: Math.ceil(document.documentElement.getBoundingClientRect().height),
    };
    parent.postMessage(message, "*");
  };
  new ResizeObserver(tell).observe(document.documentElement);
}
