import { checkOptions } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { SWEEP_GRID, type SweepAxisName, type SweepGrid } from "./sweepOptions.ts";

/** An axis of a sweep's result. */
export interface SweepAxis {
  readonly name: SweepAxisName;
  /** Of each row or column: its layer, position or head. */
  readonly values: readonly number[];
  /** The same in words: a position has the token where all prompts have the same there. */
  readonly labels: readonly string[];
  /** Of each position the token that all prompts have there; null where they differ, and of layers and heads. */
  readonly tokens: readonly (string | null)[];
}

/** The index of each axis in one cell. */
export type SweepIndex = { readonly [Name in SweepAxisName]?: number };

const AXES: Readonly<Record<SweepAxisName, "layers" | "positions" | "heads">> = {
  layer: "layers",
  position: "positions",
  head: "heads",
};

/**
 * The axes that a grid asks for.
 * @param prompts (pairs) texts of each prompt's tokens
 * @throws InputError ERR_OPTION, ERR_SELECTION; SiteError ERR_SITE_UNKNOWN
 */
export function sweepAxes(
  grid: SweepGrid,
  sites: readonly Site[],
  prompts: readonly (readonly string[])[],
): SweepAxis[] {
  checkOptions("sweep grid", grid, SWEEP_GRID);
  const over: readonly string[] = Array.isArray(grid.over) ? grid.over : [];
  const known = over.filter((name) => Object.hasOwn(AXES, name));
  if (known.length !== over.length || new Set(over).size !== over.length || over.length === 0)
    throw wrong('over some of "layer", "position" and "head", each once', grid.over, "Name them.");
  for (const [axis, option] of Object.entries(AXES))
    if (grid[option] !== undefined && !over.includes(axis))
      throw wrong(
        `no ${option} where over lacks "${axis}"`,
        grid[option],
        "Add it, or leave them out.",
      );
  const found = sitesOf(grid, sites);
  return grid.over.map((name): SweepAxis => {
    if (name === "layer") {
      const values = [...found.keys()];
      return { name, values, ...unnamed(values) };
    }
    if (name === "head") {
      const values = headsOf(grid, [...found.values()]);
      return { name, values, ...unnamed(values) };
    }
    const values = positionsOf(grid, prompts);
    const tokens = values.map((position) => commonToken(position, prompts));
    const labels = values.map((position, i) => labelOf(position, tokens[i] ?? null));
    return { name, values, labels, tokens };
  });
}

const unnamed = (values: readonly number[]) => ({
  labels: values.map(String),
  tokens: values.map(() => null),
});

/** Every cell, the last axis fastest. */
export function cellsOf(axes: readonly SweepAxis[]): SweepIndex[] {
  return axes.reduce<SweepIndex[]>(
    (cells, { name, values }) =>
      cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value }))),
    [{}],
  );
}

/** The site by layer; by 0 where its name has none. */
function sitesOf({ site, over, layers }: SweepGrid, sites: readonly Site[]): Map<number, Site> {
  if (typeof site !== "string") throw wrong("the name of a site", site, "Name one.");
  const inLayer = (layer: number) => site.replaceAll("{layer}", String(layer));
  if (!over.includes("layer")) {
    if (!site.includes("{layer}")) return new Map([[0, findSite(site, sites)]]);
    throw wrong('a site without {layer} where over lacks "layer"', site, "Write the layer.");
  }
  if (!site.includes("{layer}"))
    throw wrong('{layer} in the site where over has "layer"', site, 'Write "blocks.{layer}. ...".');
  const exists = (layer: number) => sites.some(({ name }) => name === inLayer(layer));
  const all = Array.from({ length: sites.length }, (_, layer) => layer).filter(exists);
  if (layers === undefined && all.length === 0) findSite(inLayer(0), sites);
  const chosen = distinct("layers", layers ?? all);
  return new Map(chosen.map((layer) => [layer, findSite(inLayer(layer), sites)]));
}

function headsOf({ heads }: SweepGrid, sites: readonly Site[]): readonly number[] {
  const counts = sites.map(({ dims, shape }) =>
    dims[1] === "H" || dims[1] === "K" ? Number(shape[1]) : 0,
  );
  const nHeads = Math.min(...counts);
  const [site] = sites;
  if (nHeads === 0)
    throw wrong('a site with heads where over has "head"', site?.name, "Leave head out of over.");
  const chosen = distinct("heads", heads ?? Array.from({ length: nHeads }, (_, head) => head));
  const beyond = chosen.find((head) => head < 0 || head >= nHeads);
  if (beyond !== undefined)
    throw wrong(`heads from 0 to ${nHeads - 1}`, beyond, "Choose from them.");
  return chosen;
}

function positionsOf(
  { positions }: SweepGrid,
  prompts: readonly (readonly string[])[],
): readonly number[] {
  const lengths = prompts.map(({ length }) => length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  if (positions === undefined && shortest !== longest)
    throw wrong(
      "prompts of one length",
      `${shortest} to ${longest} tokens`,
      "Give positions; negative ones count from the end of each.",
    );
  const chosen = distinct("positions", positions ?? Array.from({ length: longest }, (_, i) => i));
  const beyond = chosen.find((position) => position < -shortest || position >= shortest);
  if (beyond === undefined) return chosen;
  throw new InputError(
    "ERR_SELECTION",
    `sweep: expected positions from ${-shortest} to ${shortest - 1}, got ${beyond}. Choose those that every prompt has.`,
  );
}

function distinct(what: string, numbers: readonly number[]): readonly number[] {
  const isList = Array.isArray(numbers) && numbers.length > 0 && numbers.every(Number.isInteger);
  if (isList && new Set(numbers).size === numbers.length) return numbers;
  throw wrong(`a list of different whole numbers as ${what}`, numbers, "Correct the grid.");
}

function commonToken(position: number, prompts: readonly (readonly string[])[]): string | null {
  const texts = new Set(prompts.map((tokens) => tokens.at(position)));
  const [text] = texts;
  return texts.size === 1 && text !== undefined ? text : null;
}

function labelOf(position: number, token: string | null): string {
  return token === null ? `${position}` : `${position} ${JSON.stringify(token)}`;
}

function wrong(expected: string, got: unknown, fix: string): InputError {
  const shown = typeof got === "string" ? got : (JSON.stringify(got) ?? "nothing");
  return new InputError("ERR_OPTION", `sweep: expected ${expected}, got ${shown}. ${fix}`);
}
