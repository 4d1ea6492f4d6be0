import { element } from "../render/element.ts";
import type { Theme } from "../render/theme.ts";
import { createMapKey } from "../routing/mapKey.ts";
import { LEFT_OUT, type ScaleName } from "../routing/strengths.ts";
import { formatPair, type PairInfo, type Side } from "./data.ts";
import type { Shades } from "./pairs.ts";

interface KeyDrawing {
  readonly shades: Pick<Shades, "strengths" | "isSigned" | "most" | "least">;
  readonly info: Pick<PairInfo, "unit" | "isDifference">;
  readonly side: Side;
  readonly scale: ScaleName;
  /** What a cell is, and what has none. */
  readonly cells: string;
}

/** What the colours of a side stand for: both ends with the unit, the scale, whose numbers it is of. */
export function createShadesKey(): {
  readonly element: HTMLElement;
  draw(drawing: KeyDrawing, theme: Theme): void;
} {
  const key = createMapKey();
  const about = element("p", { class: "vt-key-about" });
  return {
    element: element("div", {}, key.element, about),
    draw({ shades: { strengths, isSigned, most, least }, info, side, scale, cells }, theme) {
      const text = (value: number) => formatPair(info, Number(value.toPrecision(4)), isSigned);
      const of = side === "difference" || info.isDifference ? "" : ", A and B on one scale";
      const grows = isSigned
        ? "linear about 0"
        : scale === "log"
          ? `logarithmic from ${text(least)}`
          : scale === "rank"
            ? "by rank"
            : "linear from 0";
      key.draw(
        {
          isSigned,
          low: isSigned ? text(-most) : "0",
          high: `${text(most)}, ${grows}${of}`,
        },
        theme,
      );
      const isZero = most === 0 && strengths.some((shade) => shade !== LEFT_OUT);
      key.element.hidden = isZero;
      about.textContent = isZero ? `every number is 0; ${cells}` : cells;
    },
  };
}
