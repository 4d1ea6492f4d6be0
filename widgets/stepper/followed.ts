import { conditionText } from "./condition.ts";
import {
  breakpointText,
  type EditedCell,
  editText,
  type Likeliest,
  newestSite,
  type Snapshot,
  stopSentence,
  type Visit,
  visitName,
} from "./data.ts";
import { rowWith, slicesOf } from "./picture.ts";
import type { NumbersSource, PlaceSource, StepperSource, StopSource } from "./stepperSource.ts";

/** Places that are remembered. */
const MAX_VISITS = 200;

/** A stepper that the picture follows: what its moves leave to be told. */
export class Followed<Source extends StepperSource = StepperSource> {
  readonly stepper: Source;
  readonly #unfollow: () => void;
  readonly #cells = new Map<object, EditedCell>();
  #visits: readonly Visit[];
  #version = 0;
  #isTravelling = false;
  #stop: { readonly text: string; readonly isFailure: boolean; readonly site: string | null } = {
    text: "",
    isFailure: false,
    site: null,
  };
  /** What was read at this place: it is still there when the stepper is over. */
  readonly #read = new Map<string, Promise<NumbersSource>>();
  #lastSite: string | null = null;
  #lastSeen: Snapshot | null = null;

  /**
   * @param onChange called after each move, and for what else changes
   * @param past places that a branch has in common with what it branched off
   */
  constructor(stepper: Source, onChange: () => void, past: readonly Visit[] = []) {
    this.stepper = stepper;
    this.#visits = [...past];
    this.#visit(stepper.place);
    this.#unfollow = stepper.onMove((stop) => {
      this.#moved(stop);
      if (!this.#isTravelling) onChange();
    });
  }

  get visits(): readonly Visit[] {
    return this.#visits;
  }

  unfollow(): void {
    this.#unfollow();
  }

  /** A site's numbers, read once for each place. */
  value(site: string): Promise<NumbersSource> {
    const known = this.#read.get(site);
    if (known !== undefined) return known;
    if (this.stepper.isOver)
      return Promise.reject(
        new Error(
          `This stepper is over: the numbers of ${site} are gone. Begin again with model.step.`,
        ),
      );
    const value = this.stepper.value(site);
    this.#lastSite = site;
    this.#read.set(site, value);
    value.catch(() => {
      if (this.#read.get(site) === value) this.#read.delete(site);
    });
    return value;
  }

  /** Goes to the place after so many operators of the step that begins there: back, or on, as often as needed. */
  async goTo(start: number, executed: number): Promise<void> {
    const { stepper } = this;
    this.#isTravelling = true;
    try {
      for (;;) {
        const place = stepper.place;
        if (place.start === start && place.executed === executed) return;
        const isBehind = place.start > start || place.executed > executed;
        const isLater = place.start > start && place.executed > 0;
        const { reason } = isBehind
          ? await stepper.back(isLater ? "token" : "operator")
          : await stepper.next();
        if (reason === "end") return;
      }
    } finally {
      this.#isTravelling = false;
      this.#visit(stepper.place);
    }
  }

  /** Goes to the end of the tokens that there are, past all breakpoints, and reads there what is looked at: it can be over then. */
  async goToEnd(): Promise<void> {
    const { stepper } = this;
    while (stepper.place.next !== null || stepper.place.end < stepper.tokens.length)
      await stepper.next("token");
    const newest = newestSite(stepper.operators, stepper.place.executed);
    for (const site of [newest, this.#lastSite]) if (site !== null) await this.value(site);
  }

  /** Writes one number of a site. */
  async write(cell: EditedCell, number: number): Promise<void> {
    const { site, position, slice, column } = cell;
    const value = await this.value(site);
    const row = position - this.stepper.place.start;
    const numbers = rowWith(value, slicesOf(value), { slice, row, column }, number);
    await this.stepper.set(site, numbers, { position });
    const edit = this.stepper.edits.at(-1);
    if (edit !== undefined) this.#cells.set(edit, cell);
  }

  async snapshot(): Promise<Snapshot> {
    const { stepper } = this;
    const { isOver } = stepper;
    const place = isOver && this.#lastSeen !== null ? this.#lastSeen : stepper.place;
    const { start, end, executed, of, last, next } = place;
    const edits = stepper.edits;
    const snapshot: Snapshot = {
      version: this.#version,
      ...{ start, end, executed, of, last, next, isOver },
      stop: isOver
        ? "This stepper is over. What is shown is where it was last seen."
        : this.#stop.text,
      isFailure: this.#stop.isFailure,
      stopSite: this.#stop.site,
      likeliest: isOver ? (this.#lastSeen?.likeliest ?? null) : await this.#likeliest(),
      visits: this.#visits,
      breakpoints: [...stepper.breakpoints].map(([id, { when, ...options }]) => ({
        id,
        text: breakpointText({
          ...options,
          ...(when !== undefined && { when: conditionText(when) }),
        }),
      })),
      edits: edits.map(editText),
      cells: [...this.#cells].flatMap(([edit, cell]) => (edits.includes(edit) ? [cell] : [])),
    };
    this.#lastSeen = snapshot;
    return snapshot;
  }

  #moved(stop: StopSource): void {
    this.#version += 1;
    if (this.stepper.isOver) return;
    this.#read.clear();
    this.#stop = {
      text: stopSentence(stop),
      isFailure: stop.reason === "condition failed",
      site: stop.site ?? null,
    };
    if (!this.#isTravelling) this.#visit(stop);
  }

  /** Places behind this one stay; those ahead, which it went back from, are gone. */
  #visit(place: PlaceSource): void {
    const visit = visitOf(place);
    const behind = this.#visits.filter((each) => isBefore(each, visit));
    this.#visits = [...behind, visit].slice(-MAX_VISITS);
  }

  /** Known at the end of the tokens alone, and unknown again where a cell has moved on meanwhile. */
  async #likeliest(): Promise<Likeliest | null> {
    const { place, tokens } = this.stepper;
    if (place.next !== null || place.end < tokens.length) return null;
    try {
      const { text, probability } = await this.stepper.nextToken();
      return { text, probability };
    } catch {
      return null; // and if the device is lost, the next move says so
    }
  }
}

const visitOf = ({ start, executed, last }: PlaceSource): Visit => ({
  start,
  executed,
  label: visitName(last),
});

const isBefore = (a: Visit, b: Visit): boolean =>
  a.start < b.start || (a.start === b.start && a.executed < b.executed);
