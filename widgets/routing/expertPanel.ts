import { element } from "../render/element.ts";
import { exactF32, percent } from "../render/formatNumber.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { ExpertDomain, FavouriteToken } from "./favourites.ts";
import type { RoutingPage } from "./page.ts";

/** What one expert was sent: its tokens, and how much of each text. */
export function createExpertPanel(page: RoutingPage): {
  readonly element: HTMLElement;
  draw(): void;
} {
  const host = element("div", { class: "vt-route vt-expert" });
  let drawn = "";
  return {
    element: host,
    draw() {
      const { row, expert } = page.place;
      const profile = page.store.profileOf(row, expert);
      const now = `${row} ${expert} ${profile !== null} ${page.store.error}`;
      if (now === drawn) return;
      drawn = now;
      const heading = element("h4", {}, `Expert ${expert} · layer ${page.layers[row]}`);
      if (profile === null) {
        host.replaceChildren(
          heading,
          element("p", { class: "vt-note" }, page.store.error ?? "reading what it was sent…"),
        );
        return;
      }
      const { tokens, nDifferent, domains } = profile;
      host.replaceChildren(
        heading,
        ...(tokens.length === 0
          ? [element("p", { class: "vt-note" }, "It was sent no token of these texts.")]
          : [tokenTable(tokens)]),
        ...(nDifferent > tokens.length
          ? [element("p", { class: "vt-note" }, `${nDifferent - tokens.length} more tokens.`)]
          : []),
        domainTable(domains),
      );
    },
  };
}

function tokenTable(tokens: readonly FavouriteToken[]): HTMLElement {
  return table(
    "Tokens that it was sent most",
    ["token", "sent", "of", "mean weight"],
    tokens.map(({ text, nSent, nSeen, meanWeight }) => [
      shortToken(text, 14),
      String(nSent),
      String(nSeen),
      exactF32(Number(meanWeight.toPrecision(4))),
    ]),
  );
}

function domainTable(domains: readonly ExpertDomain[]): HTMLElement {
  return table(
    "How much of each text it was sent",
    ["text", "sent", "of", "share"],
    domains.map(({ label, nSent, nTokens }) => [
      label,
      String(nSent),
      String(nTokens),
      percent(nTokens === 0 ? 0 : nSent / nTokens),
    ]),
  );
}

/** A small table, its first column text, the others numbers. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const isNumber = (i: number): string => (i === 0 ? "" : "vt-number");
  return element(
    "table",
    { class: "vt-route-table" },
    element("caption", {}, caption),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        ...columns.map((text, i) => element("th", { scope: "col", class: isNumber(i) }, text)),
      ),
    ),
    element(
      "tbody",
      {},
      ...rows.map((row) =>
        element("tr", {}, ...row.map((text, i) => element("td", { class: isNumber(i) }, text))),
      ),
    ),
  );
}
