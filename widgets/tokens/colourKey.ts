import type { Provenance } from "../../engine/trace/schema.ts";
import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import { type ColourKey, isKind, KIND_NAMES, labelOf, MEASURES } from "./measures.ts";
import type { ScaleName, Span } from "./scale.ts";

export interface ColourKeyPicture {
  readonly colour: ColourKey;
  readonly scale: ScaleName;
  readonly span: Span;
  readonly theme: Theme;
  /** (T) numbers in KIND_NAMES, where kinds are shown. */
  readonly kinds: readonly number[] | null;
  readonly provenance: Provenance;
  /** Why the numbers are not there, or not yet; empty where they are. */
  readonly absence: string;
}

/** What the colours stand for: the least and the most with the unit, or the kinds with their counts. */
export function createColourKey(): {
  readonly element: HTMLElement;
  draw(picture: ColourKeyPicture): void;
} {
  const host = element("div", { class: "vt-key" });
  return {
    element: host,
    draw(picture) {
      host.replaceChildren(...partsOf(picture));
    },
  };
}

function partsOf({ colour, scale, span, theme, kinds, provenance, absence }: ColourKeyPicture) {
  if (isKind(colour))
    return KIND_NAMES[colour].map((name, kind) => {
      const n = kinds?.filter((one) => one === kind).length ?? 0;
      return element(
        "span",
        {},
        element("span", { class: `vt-key-swatch vt-${colour}-${kind}` }),
        `${name}: ${n}`,
      );
    });
  if (absence !== "")
    return [element("span", { class: "vt-warning" }, `${labelOf(colour)}: ${absence}`)];
  const { meaning, format } = MEASURES[colour];
  const said = element("span", {}, `${labelOf(colour)} (${provenance}): ${meaning}`);
  if (span.sorted.length === 0) return [said, element("span", {}, "no token has one")];
  const left = [
    ...(span.nMissing > 0 ? [`${span.nMissing} without`] : []),
    ...(span.nInfinite > 0 ? [`${span.nInfinite} infinite, dashed`] : []),
  ];
  const rest = left.length > 0 ? [element("span", {}, left.join(", "))] : [];
  if (span.min === span.max)
    return [
      element("span", { class: "vt-key-ends" }, `${format(span.min)} for all`),
      said,
      ...rest,
    ];
  const isSigned = span.min < 0;
  const most = Math.max(-span.min, span.max);
  const ramp = element("span", { class: "vt-key-ramp" });
  const stops = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) =>
    isSigned ? divergingScale(theme)(i / 4 - 1) : rampColour(theme, i / 8),
  );
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return [
    element("span", { class: "vt-key-ends" }, format(rounded(isSigned ? -most : span.min))),
    ramp,
    element("span", { class: "vt-key-ends" }, format(rounded(isSigned ? most : span.max))),
    element("span", {}, isSigned ? "linear about 0" : scaleText(scale, span)),
    said,
    ...rest,
  ];
}

function scaleText(scale: ScaleName, { min }: Span): string {
  if (scale === "rank") return "by rank among the tokens";
  return scale === "log" && min <= 0
    ? "logarithmic, 0 as the least above it"
    : scale === "log"
      ? "logarithmic"
      : "linear";
}

/** The ends of the colours are rounded; the table has every digit. */
const rounded = (value: number): number => Number(value.toPrecision(4));
