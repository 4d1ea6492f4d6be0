/** Types of what every cell can use beyond Node's own globals, and of what Node 20 has but TypeScript 5.0 does not know. */
export const GLOBAL_DECLARATIONS = `
export {};
declare global {
  /**
   * Shows a value below the cell, as the last expression of a cell is shown.
   * With \`id\`, later calls with \`update: true\` change what was shown.
   */
  function display(
    value: unknown,
    options?: { id?: string; update?: boolean; metadata?: Record<string, unknown> },
  ): Promise<void>;
  /** Shows ready-made MIME data, such as \`{ "text/html": "<b>hello</b>" }\`. */
  function displayRaw(
    data: Record<string, unknown>,
    options?: { id?: string; update?: boolean; metadata?: Record<string, unknown> },
  ): void;
  /** Empties the output of the running cell; with \`wait\`, when the next output arrives. */
  function clearOutput(options?: { wait?: boolean }): void;
  /** Asks the user for a line of text and waits for it. */
  function prompt(message?: string, options?: { password?: boolean }): string;
  /** The same as \`prompt\`. */
  function input(message?: string, options?: { password?: boolean }): string;
  /** Shows a value, or text, in the front end's pager when the cell has ended. */
  function page(value: unknown): Promise<void>;
  /** Puts text into a new cell below when this one has ended; with \`replace\`, into this cell. */
  function setNextInput(text: string, options?: { replace?: boolean }): void;
  interface ProgressOptions {
    /** What is being done; stands before the bar. */
    label?: string;
    /** How many items an iterable will give, where it cannot tell itself. */
    total?: number;
  }
  /** A bar below the cell that moves in place. */
  interface ProgressBar {
    total: number | null;
    label: string;
    readonly done: number;
    /** Moves the bar to \`done\`, and renames it if there is a label. */
    set(done: number, label?: string): void;
    /** Moves the bar by \`count\`, which is 1 by default. */
    advance(count?: number): void;
    /** Shows the last state, with the time it took. */
    end(): void;
  }
  /** Shows a bar: \`for (const item of progress(items))\`, or \`const bar = progress(100); bar.advance()\`. */
  function progress(total: number, options?: ProgressOptions): ProgressBar;
  function progress<Item>(items: Iterable<Item>, options?: ProgressOptions): Iterable<Item>;
  function progress<Item>(items: AsyncIterable<Item>, options?: ProgressOptions): AsyncIterable<Item>;
  /** Aborts when the running cell is interrupted; null outside a cell. */
  function interruptSignal(): AbortSignal | null;

  interface Array<T> {
    toReversed(): T[];
    toSorted(compareFn?: (a: T, b: T) => number): T[];
    toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
    with(index: number, value: T): T[];
  }
  interface ReadonlyArray<T> {
    toReversed(): T[];
    toSorted(compareFn?: (a: T, b: T) => number): T[];
    toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
    with(index: number, value: T): T[];
  }
}
`;
