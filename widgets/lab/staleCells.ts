/** One execution of a cell, as the kernel replied to it. */
export interface CellRun {
  readonly cellId: string;
  readonly source: string;
  /** Number of the execution, as the prompt shows it. */
  readonly count: number | null;
  /** Names that it gave values, and names of other cells whose values it read. */
  readonly declares: readonly string[];
  readonly reads: readonly string[];
}

/** A cell of the notebook as it stands in the page. */
export interface WrittenCell {
  readonly id: string;
  readonly source: string;
}

/** The execution that last gave a name its value, when another read it. */
interface Noted extends CellRun {
  /** How many executions came before. */
  readonly order: number;
  readonly providers: ReadonlyMap<string, Noted>;
}

/**
 * Knows which cells show something else than they would if the notebook ran from its top: those that were edited since they ran, that
 * read what was set anew since, or by another cell than the nearest above, and all that read of such cells.
 */
export class StaleCells {
  /** The last execution of each cell. */
  readonly #runs = new Map<string, Noted>();
  /** The last execution that gave each name its value. */
  readonly #latest = new Map<string, Noted>();
  #count = 0;

  ran(run: CellRun): void {
    const providers = new Map<string, Noted>();
    for (const name of run.reads) {
      const provider = this.#latest.get(name);
      if (provider !== undefined) providers.set(name, shallow(provider));
    }
    const noted: Noted = { ...run, order: this.#count++, providers };
    this.#runs.set(run.cellId, noted);
    for (const name of run.declares) this.#latest.set(name, noted);
  }

  /** The kernel has started anew: nothing has run in it. */
  clear(): void {
    this.#runs.clear();
    this.#latest.clear();
  }

  /** Why cells are stale, by their ids. @param cells of the notebook, in its order */
  reasons(cells: readonly WrittenCell[]): Map<string, string> {
    const reasons = new Map<string, string>();
    const places = new Map(cells.map(({ id }, place) => [id, place]));
    for (const [place, { id, source }] of cells.entries()) {
      const run = this.#runs.get(id);
      if (run === undefined) continue;
      const own = source === run.source ? this.#ownReason(run, cells, place, places) : EDITED;
      if (own !== null) reasons.set(id, own);
    }
    this.#spread(reasons, places);
    return reasons;
  }

  #ownReason(
    run: Noted,
    cells: readonly WrittenCell[],
    place: number,
    places: ReadonlyMap<string, number>,
  ): string | null {
    for (const name of run.reads) {
      const read = run.providers.get(name);
      const expected = this.#nearestAbove(name, cells, place) ?? this.#again(read);
      if (expected !== null && expected.cellId !== run.cellId && expected.order !== read?.order) {
        const isAgain = expected.order > run.order;
        return isAgain
          ? `It read ${name} before ${named(expected)} set it.`
          : `It read ${name} of ${named(read)}, and not of ${named(expected)}, which stands nearest above.`;
      }
      if (read !== undefined && !places.has(read.cellId))
        return `It read ${name} of a cell that is gone.`;
    }
    return null;
  }

  #nearestAbove(name: string, cells: readonly WrittenCell[], place: number): Noted | null {
    for (let above = place - 1; above >= 0; above--) {
      const run = this.#runs.get(cells[above]?.id ?? "");
      if (run?.declares.includes(name)) return run;
    }
    return null;
  }

  /** The last execution of the cell that was read: where none above sets the name, one below did. */
  #again(read: Noted | undefined): Noted | null {
    return read === undefined ? null : (this.#runs.get(read.cellId) ?? null);
  }

  /** Cells that read of a stale cell are stale, wherever they stand. */
  #spread(reasons: Map<string, string>, places: ReadonlyMap<string, number>): void {
    for (let before = -1; before !== reasons.size; ) {
      before = reasons.size;
      for (const [id, run] of this.#runs) {
        if (reasons.has(id) || !places.has(id)) continue;
        for (const [name, { cellId, count }] of run.providers) {
          if (cellId === id || !reasons.has(cellId)) continue;
          reasons.set(id, `It read ${name} of ${named({ count })}, which is stale itself.`);
          break;
        }
      }
    }
  }
}

const EDITED = "It was edited since it ran.";

const named = (run: { readonly count: number | null } | undefined): string =>
  run?.count == null ? "a cell" : `cell [${run.count}]`;

/** Without what it read itself, of which nothing is asked: executions do not hold all that came before. */
const shallow = (run: Noted): Noted => ({ ...run, providers: new Map() });
