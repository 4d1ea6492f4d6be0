import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { inkOnColour, rampColour } from "../render/theme.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { LEFT_OUT } from "../routing/strengths.ts";
import { createTokenText, type Look } from "../tokens/tokenText.ts";
import { columnName, pairText } from "./data.ts";
import type { ComparisonPage, ComparisonTab } from "./page.ts";
import { type Shades, shadesOf } from "./pairs.ts";
import { createShadesKey } from "./shadesKey.ts";

/** The tokens of both texts, each coloured by a number that both runs have of it. */
export function textTab(page: ComparisonPage): ComparisonTab {
  const { shell, state, columns, store } = page;
  const { texts, tops } = state;
  const key = createShadesKey();
  const line = element("p", { class: "vt-cell-line" });
  let shades: Shades | null = null;
  const text = createTokenText({
    ...{ texts, blocks: [], signal: shell.signal, says: shell.announce },
    onPoint: (column) => {
      page.point(column === null ? null : { column });
      if (column !== null) shell.announce(lineOf(column));
    },
    onPin: (column) => page.pin({ column }),
    onClear: () => page.clear(),
    onChange: () => paint(),
  });

  function lookOf(column: number): Look {
    const { own, other } = columns[column] ?? { own: -1, other: -1 };
    const isLacking =
      page.side === "a" ? own < 0 : page.side === "b" ? other < 0 : own < 0 || other < 0;
    const isMoved = tops.a[column] !== tops.b[column];
    const classes = `${isLacking ? "vt-lacking" : ""} ${isMoved ? "vt-moved" : ""}`;
    const t = shades?.strengths[column] ?? LEFT_OUT;
    if (shades === null || t === LEFT_OUT)
      return { ground: "", ink: "", classes: `vt-none ${classes}` };
    const ground = shades.isSigned ? divergingScale(shell.theme)(t) : rampColour(shell.theme, t);
    return { ground, ink: inkOnColour(ground), classes };
  }

  function lineOf(column: number): string {
    const aligned = columns[column];
    if (aligned === undefined) return "";
    const pair = store.pair(page.info.key);
    const [a, b, difference] = [pair?.a, pair?.b, pair?.difference].map(
      (values) => values?.[column] ?? Number.NaN,
    ) as [number, number, number];
    const said = pair === null ? "reading" : pairText(page.info, { a, b, difference });
    const [nextA, nextB] = [tops.a[column] ?? "", tops.b[column] ?? ""];
    const next =
      nextA === ""
        ? ""
        : nextA === nextB
          ? `; likeliest next in both: ${nextA}`
          : `; likeliest next: A ${nextA}, B ${nextB}`;
    return `${columnName(texts, aligned, column, visibleToken)}: ${said}${next}`;
  }

  function paint(): void {
    text.paint(lookOf);
    mark();
  }

  function mark(): void {
    const { column } = page.place;
    text.mark(page.isLit ? column : null, page.pinned?.column ?? null);
    line.textContent = lineOf(column);
  }

  let painted = "";
  return {
    element: element("div", {}, key.element, text.element, line),
    help: "Left and right choose a token, up and down a line, Enter pins it in the pictures of both runs, Esc clears. Dotted: no number. Slanted: a token that a run lacks. A wavy line: the likeliest next tokens differ.",
    draw() {
      const pair = store.pair(page.info.key);
      const { isDark } = shell.theme;
      const wanted = [page.info.key, page.side, page.scale, isDark, pair !== null].join(" ");
      shades = pair && shadesOf(pair, page.side, page.scale);
      key.element.hidden = shades === null;
      if (shades) {
        const { info, side, scale } = page;
        key.draw({ ...{ shades, info, side, scale }, cells: info.meaning }, shell.theme);
      }
      if (painted === wanted)
        mark(); // thousands of elements are not painted because a token is lit
      else paint();
      painted = wanted;
    },
  };
}
