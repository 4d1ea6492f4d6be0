/** Types of what every cell can use beyond Node's own globals, and of the module `tslab`. */
export const GLOBAL_DECLARATIONS = `
/**
 * Shows a value below the cell, as the last expression of a cell is shown.
 * With \`id\`, later calls with \`update: true\` change what was shown.
 */
declare function display(
  value: unknown,
  options?: { id?: string; update?: boolean; metadata?: Record<string, unknown> },
): Promise<void>;
/** A DOM in memory, for libraries that build elements; show one by making it the value of a cell. */
declare var document: any;
/** Shows ready-made MIME data, such as \`{ "text/html": "<b>hello</b>" }\`. */
declare function displayRaw(
  data: Record<string, unknown>,
  options?: { id?: string; update?: boolean; metadata?: Record<string, unknown> },
): void;
/** Empties the output of the running cell; with \`wait\`, when the next output arrives. */
declare function clearOutput(options?: { wait?: boolean }): void;
/** Asks the user for a line of text and waits for it. */
declare function prompt(message?: string, options?: { password?: boolean }): string;
/** The same as \`prompt\`. */
declare function input(message?: string, options?: { password?: boolean }): string;
/** Shows a value, or text, in the front end's pager when the cell has ended. */
declare function page(value: unknown): Promise<void>;
/** Puts text into a new cell below when this one has ended; with \`replace\`, into this cell. */
declare function setNextInput(text: string, options?: { replace?: boolean }): void;
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
declare function progress(total: number, options?: ProgressOptions): ProgressBar;
declare function progress<Item>(items: Iterable<Item>, options?: ProgressOptions): Iterable<Item>;
declare function progress<Item>(items: AsyncIterable<Item>, options?: ProgressOptions): AsyncIterable<Item>;
/** Aborts when the running cell is interrupted; null outside a cell. */
declare function interruptSignal(): AbortSignal | null;

/** What cells have of Deno, for notebooks written for its kernel. */
declare namespace Deno {
  namespace jupyter {
    interface Displayable {
      [name: symbol]: () => Record<string, unknown>;
    }
    const $display: symbol;
    /** Shows a value below the cell; with \`raw\`, MIME data. */
    function display(
      value: unknown,
      options?: { raw?: boolean; update?: boolean; display_id?: string },
    ): Promise<void>;
    /** The MIME data that a value is shown as. */
    function format(value: unknown): Promise<Record<string, unknown>>;
    function html(strings: TemplateStringsArray, ...values: unknown[]): Displayable;
    function md(strings: TemplateStringsArray, ...values: unknown[]): Displayable;
    function svg(strings: TemplateStringsArray, ...values: unknown[]): Displayable;
    /** A PNG or JPEG picture, by its bytes or the path of its file. */
    function image(data: string | Uint8Array): Displayable;
  }
}

declare module "tslab" {
  /** Shows rich contents below the cell, as in notebooks written for tslab. */
  export interface Display {
    javascript(code: string): void;
    html(markup: string): void;
    markdown(text: string): void;
    latex(text: string): void;
    svg(markup: string): void;
    png(bytes: Uint8Array): void;
    jpeg(bytes: Uint8Array): void;
    gif(bytes: Uint8Array): void;
    pdf(bytes: Uint8Array): void;
    text(text: string): void;
    raw(contentType: string, content: string | Uint8Array): void;
  }
  export const display: Display;
  /** A display of its own place: whatever it shows replaces what it showed before. */
  export function newDisplay(): Display;
  export const versions: { readonly tslab: string; readonly typescript: string; readonly node: string };
}
`;
