import type { Run, Stepper } from "../../engine/index.node.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { Picture, type PictureAnswers } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { newestSite, type StepperState, UNREAD, type Visit } from "./data.ts";
import { enterBreakpoint } from "./enterBreakpoint.ts";
import { Followed } from "./followed.ts";
import { slicesOf } from "./picture.ts";
import { readThumbnails, readWindow } from "./readPicture.ts";
import { type SiteShown, stepperPicture, stepperText } from "./staticPicture.ts";
import type { Unit } from "./stepperSource.ts";
import { stepperTables } from "./tables.ts";

/** What the stepper picture begins with. */
export interface StepperOptions {
  /** Steppers that `branch` gave in a cell: each has a tab beside the first. */
  readonly branches?: readonly Stepper[];
}

const STEPPER_OPTIONS: OptionNames<StepperOptions> = { branches: true };

interface Tab {
  readonly followed: Followed<Stepper>;
  readonly name: string;
  readonly isOwn: boolean;
  run: Run | null;
}

/** A stepper in the page, and the branches made there. */
export class StepperWidget extends Picture<StepperState> {
  readonly #tabs: Tab[] = [];
  #shown = 0;
  #nBranches = 0;
  #isStale = false;
  #publishing: Promise<void> | null = null;
  #drawn: SiteShown | null = null;

  /** @throws KernelError ERR_OPTION; TypeError for what is no stepper */
  constructor(stepper: Stepper, options: StepperOptions = {}) {
    checkOptions("stepper", options, STEPPER_OPTIONS);
    for (const each of [stepper, ...(options.branches ?? [])]) checkStepper(each);
    super({
      name: "stepper",
      esm: viewSource("stepper"),
      state: UNREAD,
      answers: () => this.#answers,
      prepare: () => this.#prepare(),
      svg: () => stepperPicture(this.#state, this.#drawn),
      text: () => stepperText(this.#state, this.#drawn),
      tables: async () => {
        await this.#prepare();
        return stepperTables(this.#state, this.#drawn);
      },
    });
    this.#follow(stepper, "main", false);
    for (const branch of options.branches ?? []) this.#follow(branch, this.#branchName(), false);
  }

  /** The stepper it was made of and the branches, in the order of their tabs. */
  get steppers(): readonly Stepper[] {
    return this.#tabs.map(({ followed }) => followed.stepper);
  }

  /** What the button Finish left, stepper by stepper; null where it was not pressed. */
  get runs(): readonly (Run | null)[] {
    return this.#tabs.map(({ run }) => run);
  }

  readonly #answers: PictureAnswers = {
    next: async (question) => this.#act(({ stepper }) => stepper.next(unitOf(question))),
    back: async (question) => this.#act(({ stepper }) => stepper.back(unitOf(question))),
    run: async () => this.#act(({ stepper }) => stepper.run()),
    goTo: async (question) =>
      this.#act((followed) =>
        followed.goTo(
          integerIn(question, "start", 0, Number.MAX_SAFE_INTEGER),
          integerIn(question, "executed", 0, followed.stepper.place.of),
        ),
      ),
    branch: async () => this.#act((followed) => this.#branch(followed)),
    finish: async () => this.#act(() => this.#finish()),
    show: async (question) => {
      this.#shown = integerIn(question, "tab", 0, this.#tabs.length - 1);
      return this.#act(() => null);
    },
    close: async (question) => this.#act(() => this.#close(question)),
    operator: async (question) => ({
      content: {
        operator:
          this.#current.followed.stepper.operators[integerIn(question, "index", 0, 1e9)] ?? null,
      },
    }),
    window: async (question) => {
      return readWindow(await this.#current.followed.value(textIn(question, "site")), question);
    },
    thumbnails: async (question) =>
      readThumbnails(await this.#current.followed.value(textIn(question, "site"))),
    write: async (question) =>
      this.#act(async (followed) => {
        const site = textIn(question, "site");
        const { nColumns, nSlices } = slicesOf(await followed.value(site));
        const { number } = question;
        if (typeof number !== "number" || !Number.isFinite(number))
          throw new Error("Expected a number, such as -0.25.");
        const cell = {
          site,
          position: integerIn(question, "position", 0, Number.MAX_SAFE_INTEGER),
          slice: integerIn(question, "slice", 0, nSlices - 1),
          column: integerIn(question, "column", 0, nColumns - 1),
        };
        await followed.write(cell, number);
      }),
    addBreakpoint: async (question) => {
      const problem = enterBreakpoint(this.#current.followed.stepper, question);
      return problem === null ? this.#act(() => null) : { content: { ...problem } };
    },
    removeBreakpoint: async (question) =>
      this.#act(({ stepper }) =>
        stepper.removeBreakpoint(integerIn(question, "breakpoint", 0, 1e9)),
      ),
  };

  get #current(): Tab {
    const tab = this.#tabs[this.#shown];
    if (tab === undefined) throw new Error("stepper: no tab is shown");
    return tab;
  }

  /** Does something to the stepper that is shown; the page has the new state before it has the answer. */
  async #act(work: (followed: Followed<Stepper>) => unknown): Promise<Answer> {
    try {
      await work(this.#current.followed);
    } finally {
      await this.#publish();
    }
    return {};
  }

  #branchName(): string {
    this.#nBranches += 1;
    return `branch ${this.#nBranches}`;
  }

  #follow(stepper: Stepper, name: string, isOwn: boolean, past: readonly Visit[] = []): void {
    const followed = new Followed(stepper, () => void this.#publish(), past);
    this.#tabs.push({ followed, name, isOwn, run: null });
  }

  async #branch({ stepper, visits }: Followed<Stepper>): Promise<void> {
    this.#follow(await stepper.branch(), this.#branchName(), true, visits);
    this.#shown = this.#tabs.length - 1;
  }

  async #finish(): Promise<void> {
    const tab = this.#current;
    const { followed } = tab;
    await followed.goToEnd();
    await followed.snapshot();
    tab.run = await followed.stepper.finish();
  }

  #close(question: KernelQuestion): void {
    const at = integerIn(question, "tab", 0, this.#tabs.length - 1);
    const tab = this.#tabs[at];
    if (!tab?.isOwn) return;
    tab.followed.unfollow();
    tab.followed.stepper.dispose();
    this.#tabs.splice(at, 1);
    if (this.#shown >= at) this.#shown = Math.max(0, this.#shown - 1);
  }

  /** Tells the page how things stand, once for all moves that were made meanwhile. */
  async #publish(): Promise<void> {
    this.#isStale = true;
    this.#publishing ??= this.#publishAll();
    await this.#publishing;
  }

  async #publishAll(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const { followed } = this.#current;
        const snapshot = await followed.snapshot();
        const { operators, tokens } = followed.stepper;
        const marks = operators.map(({ kind, layer, sites }) => ({ kind, layer, sites }));
        const texts = tokens.map(({ text }) => text);
        const known = { operators: this.get("operators"), tokenTexts: this.get("tokenTexts") };
        this.set({
          ...(!isSame(marks, known.operators) && { operators: marks }),
          ...(!isSame(texts, known.tokenTexts) && { tokenTexts: texts }),
          tabs: this.#tabs.map(({ followed: each, name, isOwn }) => ({
            ...{ name, isOwn, isOver: each.stepper.isOver },
          })),
          shown: this.#shown,
          snapshot,
        });
      }
    } finally {
      this.#publishing = null;
    }
  }

  get #state(): Pick<StepperState, "operators" | "snapshot" | "tokenTexts"> {
    return {
      operators: this.get("operators"),
      snapshot: this.get("snapshot"),
      tokenTexts: this.get("tokenTexts"),
    };
  }

  /** Reads what the static picture draws: the value that was made last. */
  async #prepare(): Promise<void> {
    await this.#publish();
    const site = newestSite(this.get("operators"), this.get("snapshot").executed);
    const value = site === null ? null : await this.#current.followed.value(site).catch(() => null);
    this.#drawn = site === null || value === null ? null : { site, value };
  }
}

/**
 * A forward pass to go through in the page: the same stepper that cells use. Its model, what flows into and out of the operator
 * where it stands, its values as pictures and numbers to write, its breakpoints, places and branches.
 * @throws KernelError ERR_OPTION; TypeError for what is no stepper
 */
export function stepper(source: Stepper, options: StepperOptions = {}): StepperWidget {
  return new StepperWidget(source, options);
}

function checkStepper(source: unknown): void {
  const { place, onMove } = (source ?? {}) as Partial<Stepper>;
  if (typeof onMove === "function" && place !== undefined) return;
  const got = source instanceof Promise ? "a promise of one" : typeof source;
  throw new TypeError(
    `stepper: expected what model.step gives, got ${got}. Write stepper(await model.step(prompt)).`,
  );
}

function unitOf({ unit }: KernelQuestion): Unit {
  if (unit === "operator" || unit === "layer" || unit === "token") return unit;
  throw new Error(
    `stepper: expected operator, layer or token, got ${String(unit)}. Reload the page.`,
  );
}

function textIn(question: KernelQuestion, name: string): string {
  const text = question[name];
  if (typeof text === "string") return text;
  throw new Error(`stepper: expected ${name} as text, got ${String(text)}. Reload the page.`);
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
