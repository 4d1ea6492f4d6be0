import { element } from "../render/element.ts";
import type { HeadPlace, Over } from "./looking.ts";
import type { MapState } from "./mapPicture.ts";

/** A bar with words beside it, or words alone. */
export function createProgress(): {
  readonly element: HTMLElement;
  draw(share: number | null, text: string): void;
} {
  const bar = element("progress", { max: 1, "aria-label": "progress" });
  const words = element("span", {});
  const host = element("div", { class: "vt-progress" }, bar, words);
  return {
    element: host,
    draw(share, text) {
      host.hidden = text === "";
      bar.hidden = share === null;
      bar.value = share ?? 0;
      words.textContent = text;
    },
  };
}

/** What a map shows, exactly, and what is still missing. */
export function mapProgress(
  { cells, sampledOneIn }: MapState,
  poolKind: "mean" | "max",
): readonly [share: number | null, text: string] {
  const { pool, nTiles, nMissing } = cells;
  const what =
    pool === 1 ? "exact weights" : `the ${poolKind} of each block of ${pool} × ${pool} tokens`;
  if (nMissing === 0) return [null, pool === 1 ? "" : `Shown is ${what}.`];
  const below = sampledOneIn === null ? "" : `; below, pale, one query in ${sampledOneIn}`;
  const there = nTiles - nMissing;
  return [there / nTiles, `${what}: ${there} of ${nTiles} tiles${below}`];
}

export function mapTitle({ layer, head }: HeadPlace, over: Over): string {
  if (over === "heads") return `Layer ${layer} · mean of its heads`;
  if (over === "layers") return `Head ${head} · mean over layers`;
  return over === "all" ? "Mean of all heads" : `Layer ${layer} · Head ${head}`;
}
