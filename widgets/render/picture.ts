import { AnyWidget } from "../../kernel/display/anywidget.ts";
import type { MimeBundle } from "../../kernel/display/host.ts";
import { type Answer, answerQuestions } from "./answerQuestions.ts";
import type { KernelQuestion } from "./askKernel.ts";
import { pictureBundle } from "./pictureBundle.ts";
import { csvOf } from "./save/csv.ts";
import { fileAnswers } from "./save/fileAnswers.ts";
import { parquetOf } from "./save/parquet.ts";
import { type SaveOptions, savePicture } from "./save/savePicture.ts";
import { readTable, type Table, type TableSource } from "./table.ts";

/** A question whose answer a page without a kernel should have. */
interface KeptQuestion {
  readonly kind: string;
  readonly [argument: string]: unknown;
}

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
  /** The most needed first. */
  readonly keep?: () => readonly KeptQuestion[];
}

/** A picture of Vitrine's: a live view where there is a kernel, a static one elsewhere, and the numbers behind both to take along. */
export class Picture<State extends object> extends AnyWidget<State> {
  /** What the picture is called, as files of it are. */
  readonly name: string;
  readonly #options: PictureOptions<State>;
  readonly #answer: ReturnType<typeof answerQuestions>;

  constructor(options: PictureOptions<State>) {
    const { name, esm, state } = options;
    super({ name, esm, state });
    this.name = name;
    this.#options = options;
    const { answers = {} } = options;
    const files = fileAnswers(this);
    this.#answer = (...message) => {
      const own = typeof answers === "function" ? answers() : answers;
      return answerQuestions({ ...own, ...files })(...message);
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
   * Writes the picture, or a table of the numbers behind it, to a file, in the form that its name ends with: .svg, .png, .csv
   * or .parquet. A file that is there is replaced once the new one is whole. PNG takes a Chromium of this machine.
   * @throws Error if the name ends with another form, or several tables are there and none is chosen
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await savePicture(this, path, options);
  }

  protected override async fallback(): Promise<MimeBundle> {
    return pictureBundle(await this.toSvg(), this.#options.text());
  }

  protected override receive(content: unknown, buffers: readonly DataView[]): Promise<void> {
    return this.#answer(content, buffers, this);
  }
}
