import { element } from "../render/element.ts";
import { exactF32, percent } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type MassRows, numberText, type QueryRow, rankOf } from "./data.ts";
import type { Place } from "./store.ts";

export interface ReadoutDrawing {
  readonly place: Place;
  readonly tokenTexts: readonly string[];
  /** Null where none is lit. */
  readonly query: number | null;
  readonly key: number;
  /** Of the query; null while it is on its way. */
  readonly row: QueryRow | null;
  readonly mass: MassRows | null;
}

type Term = readonly [term: string, text: string];

/** The chosen query and key with every digit, and where the numbers come from. */
export function createReadout(): {
  readonly element: HTMLElement;
  draw(drawing: ReadoutDrawing): void;
} {
  const host = element("div", { class: "vt-sparse-readout" });
  return {
    element: host,
    draw(drawing) {
      const { query, tokenTexts, key } = drawing;
      if (query === null) {
        host.replaceChildren(
          element("h4", {}, "No query chosen"),
          element(
            "p",
            { class: "vt-muted" },
            "Point at a cell, or use the arrows, to read what its query kept and dropped.",
          ),
        );
        return;
      }
      const text = (token: number): HTMLElement =>
        element("span", { class: "vt-lit" }, visibleToken(tokenTexts[token] ?? ""));
      host.replaceChildren(
        element("h4", {}, "Query ", text(query), ` (${query})`),
        list(ofQuery(drawing, query)),
        element("h4", {}, "Key ", text(key), ` (${key})`),
        list(ofKey(drawing, query)),
      );
    },
  };
}

function ofQuery({ place, mass }: ReadoutDrawing, query: number): Term[] {
  const share = (values: Float32Array | undefined): string => {
    const value = values?.[query];
    return value === undefined ? "reading…" : `${exactF32(value)} (${percent(value)})`;
  };
  return [
    ["kept keys", mass === null ? "reading…" : `${mass.kept[query] ?? 0} of ${query + 1}`],
    [`dropped mass, head ${place.head}`, share(mass?.head)],
    ["mean of heads", share(mass?.mean)],
    ["provenance", "recomputed without the selection"],
  ];
}

function ofKey({ place, key, row }: ReadoutDrawing, query: number): Term[] {
  const isKept = row?.kept[key] === 1;
  const score = row?.scores[key];
  const rank = row === null ? "" : `, rank ${rankOf(row.scores, key)} of ${query + 1}`;
  const weight = row === null ? undefined : Math.abs(row.weights[key] ?? Number.NaN);
  return [
    ["verdict", row === null ? "reading…" : isKept ? "kept" : "dropped"],
    ["index score", `${numberText(score)}${rank}`],
    [`weight if all were kept, head ${place.head}`, numberText(weight)],
    ["sites", `blocks.${place.layer}.attn.hook_index_scores, hook_topk_indices`],
  ];
}

function list(terms: readonly Term[]): HTMLElement {
  return element(
    "dl",
    {},
    ...terms.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
  );
}
