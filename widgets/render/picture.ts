import type { RunRecord } from "../../engine/trace/schema.ts";
import { AnyWidget } from "../../kernel/display/anywidget.ts";
import { DISPLAY, type MimeBundle } from "../../kernel/display/host.ts";
import { keepAnswers } from "../offline/keepAnswers.ts";
import { keptBytes } from "../offline/keptBytes.ts";
import type { Question } from "../offline/packed.ts";
import { PageFirst } from "../offline/pageFirst.ts";
import { aboutRuns } from "./aboutRuns.ts";
import { type Answer, answerOf, answerQuestions } from "./answerQuestions.ts";
import type { KernelQuestion } from "./askKernel.ts";
import type { Nestable } from "./nested/nestedPictures.ts";
import { pictureBundle } from "./pictureBundle.ts";
import { csvOf } from "./save/csv.ts";
import { fileAnswers } from "./save/fileAnswers.ts";
import { parquetOf } from "./save/parquet.ts";
import { pictureHtml } from "./save/pictureHtml.ts";
import { type SaveOptions, savePicture } from "./save/savePicture.ts";
import { readTable, type Table, type TableSource } from "./table.ts";

/** What a page asks, by its kind. */
export type PictureAnswers = Readonly<
  Record<string, (question: KernelQuestion) => Promise<Answer>>
>;

export interface PictureOptions<State extends object> {
  readonly name: string;
  /** Source of the view. */
  readonly esm: string;
  readonly state: State;
  /** Fills in what of the state takes a while, before the picture is shown or saved. */
  readonly prepare?: () => void | Promise<void>;
  readonly answers?: PictureAnswers | (() => PictureAnswers);
  /** The static picture, which has all that it needs. */
  readonly svg: () => string | Promise<string>;
  /** The same in words. */
  readonly text: () => string;
  /** The numbers behind it. */
  readonly tables: () => readonly TableSource[] | Promise<readonly TableSource[]>;
  /**
   * Questions whose answers a page without a kernel should have, as the view asks them, the most needed first. They depend on nothing
   * but the question.
   */
  readonly keep?: () => readonly Question[];
  /** The runs that it shows: a file of it names their models. */
  readonly records?: readonly RunRecord[];
}

/** A picture of Vitrine's: a live view where there is a kernel, a static one elsewhere, and the numbers behind both to take along. */
export class Picture<State extends object> extends AnyWidget<State> {
  /** What the picture is called, as files of it are. */
  readonly name: string;
  readonly #options: PictureOptions<State>;
  readonly #answers: () => PictureAnswers;
  readonly #page = new PageFirst();
  /** Ends the keeping of answers, which goes on while the page shows the picture. */
  #keeping: AbortController | null = null;
  #whenKept: Promise<void> = Promise.resolve();

  constructor(options: PictureOptions<State>) {
    const { name, esm, state, records = [] } = options;
    super({ name, esm, state: { ...state, about: aboutRuns(records), kept: new Uint8Array(0) } });
    this.name = name;
    this.#options = options;
    const files = fileAnswers(this);
    this.#answers = () => ({ ...this.#answersFirst(), ...files });
  }

  /** What another picture needs to show this one inside of itself. */
  get nestable(): Nestable {
    const { name, esm, prepare } = this.#options;
    const stateNow = () => this.state as Readonly<Record<string, unknown>>;
    return {
      ...{ name, viewSource: esm, stateNow },
      firstState: async () => {
        await prepare?.();
        return stateNow();
      },
      answer: (question) => answerOf(this.#answers(), question),
    };
  }

  /** The names of the tables with the numbers behind the picture. */
  async tableNames(): Promise<readonly string[]> {
    return (await this.#options.tables()).map(({ name }) => name);
  }

  /**
   * The numbers behind the picture, whole and exact.
   * @param name which, where there are several
   * @throws Error if there is no such table, or it would have more than 2^23 rows
   */
  async table(name?: string): Promise<Table> {
    const sources = await this.#options.tables();
    const names = sources.map((source) => source.name);
    const found = sources.find((source) => source.name === (name ?? source.name));
    if (found === undefined || (name === undefined && sources.length > 1))
      throw new Error(
        names.length === 0
          ? `${this.name}: expected numbers behind the picture, got none: ${this.#options.text()}`
          : `${this.name}: expected the name of a table, ${names.join(", ")}, got ${name ?? "none"}. Choose one.`,
      );
    return readTable(found);
  }

  /** The static picture, as pages without a kernel show it. */
  async toSvg(): Promise<string> {
    await this.#options.prepare?.();
    return this.#options.svg();
  }

  /**
   * One HTML file in which the picture responds without a kernel or a network, as far as the answers go that are kept with it: up to 1 MB
   * compressed, or VITRINE_KEPT_BYTES.
   */
  async toHtml(): Promise<string> {
    const svg = await this.toSvg();
    const { esm, text } = this.#options;
    const kept = await this.#answersOfFile();
    return pictureHtml({ name: this.name, esm, state: this.state, kept, svg, text: text() });
  }

  /**
   * A table as CSV (RFC 4180): the units stand in the header in brackets, and numbers have the digits that give the same number back.
   * @param table which, where there are several
   * @throws Error as `table`, and past 512 MiB
   */
  async toCsv(table?: string): Promise<string> {
    return csvOf(await this.table(table));
  }

  /**
   * A table as a Parquet file; floats keep their bits.
   * @param table which, where there are several
   * @throws Error as `table`
   */
  async toParquet(table?: string): Promise<Uint8Array> {
    return parquetOf(await this.table(table));
  }

  /**
   * Writes the picture, or a table of the numbers behind it, to a file, in the form that its name ends with: .svg, .png, .html,
   * .csv or .parquet. A file that is there is replaced once the new one is whole. PNG takes a Chromium of this machine.
   * @throws Error if the name ends with another form, or several tables are there and none is chosen
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await savePicture(this, path, options);
  }

  override async [DISPLAY](): Promise<MimeBundle> {
    const maxBytes = keptBytes();
    const bundle = await super[DISPLAY]();
    if (this.modelId !== null && this.#keeping === null && maxBytes > 0)
      this.#whenKept = this.#keepAnswers(maxBytes);
    return bundle;
  }

  /** Settles when the state has the answers that are kept with it; at once before the picture is shown. */
  get whenKept(): Promise<void> {
    return this.#whenKept;
  }

  protected override closed(): void {
    this.#keeping?.abort();
    this.#keeping = null;
  }

  protected override async fallback(): Promise<MimeBundle> {
    return pictureBundle(await this.toSvg(), this.#options.text());
  }

  protected override receive(content: unknown, buffers: readonly DataView[]): Promise<void> {
    return answerQuestions(this.#answers())(content, buffers, this);
  }

  /** Those that are in the state; where none are, they are asked for now. */
  async #answersOfFile(): Promise<Uint8Array> {
    await this.#whenKept;
    const { kept } = this.state as { readonly kept?: Uint8Array };
    const isKept = kept !== undefined && kept.length > 0;
    return isKept ? kept : this.#askAnswers({ maxBytes: keptBytes() });
  }

  async #askAnswers(limits: { maxBytes: number; signal?: AbortSignal }): Promise<Uint8Array> {
    const { keep } = this.#options;
    if (keep === undefined || limits.maxBytes === 0) return new Uint8Array(0);
    const answers = this.#ownAnswers();
    return keepAnswers({ questions: keep(), answers, page: this.#page, ...limits });
  }

  #ownAnswers(): PictureAnswers {
    const { answers = {} } = this.#options;
    return typeof answers === "function" ? answers() : answers;
  }

  /** The same for a page, which goes before what is kept; files wait for that. */
  #answersFirst(): PictureAnswers {
    const answers = Object.entries(this.#ownAnswers()).map(
      ([kind, answer]) =>
        [kind, (question: KernelQuestion) => this.#page.answering(() => answer(question))] as const,
    );
    return Object.fromEntries(answers);
  }

  /** Puts answers into the state, behind what the cell shows, so that a saved notebook responds before a kernel runs. */
  async #keepAnswers(maxBytes: number): Promise<void> {
    if (this.#options.keep === undefined) return;
    this.#keeping = new AbortController();
    const { signal } = this.#keeping;
    const kept = await this.#askAnswers({ maxBytes, signal });
    if (!signal.aborted && kept.length > 0) this.set({ kept } as never);
  }
}
