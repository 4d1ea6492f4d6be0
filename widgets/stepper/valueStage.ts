import { element } from "../render/element.ts";

/** Where the numbers of a site stand: its name, its slices, the windows, the picture, what is read and what is written. */
export function valueStage(parts: {
  readonly strip: HTMLElement;
  readonly windows: HTMLElement;
  readonly matrix: HTMLElement;
  readonly form: HTMLElement;
}): {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly scale: HTMLElement;
  readonly readout: HTMLElement;
} {
  const title = element("h4", { class: "vt-value-title" });
  const readout = element("p", { class: "vt-value-readout" });
  const scale = element("p", { class: "vt-scale" });
  const { strip, windows, matrix, form } = parts;
  const host = element(
    "div",
    { class: "vt-value-stage" },
    ...[title, strip, windows, matrix, scale, readout, form],
  );
  return { element: host, title, scale, readout };
}
