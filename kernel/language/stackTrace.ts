import { SourceMap } from "node:module";
import { isInstance } from "./safely.ts";

/** JavaScript that V8 runs, and what a person wrote in its place. */
export interface WrittenScript {
  /** How stack traces call it: `Cell [3]`, `./lib.ts`. */
  readonly label: string;
  readonly source: string;
  /** Source map (version 3) from the JavaScript to the source; null where they are the same. */
  readonly sourceMap: string | null;
}

/** A place in what a person wrote, 1-based. */
export interface WrittenPlace {
  readonly label: string;
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** Where this file lies once it is built: beside all else of the kernel, of the engine and of the widgets. */
const OWN_FOLDER = new URL(".", import.meta.url).href;

const scripts = new Map<string, WrittenScript>();
/** Source maps that an error needed. */
const maps = new Map<string, SourceMap>();
/** The innermost place of each error whose stack was asked for. */
const places = new WeakMap<object, WrittenPlace>();

/**
 * Lets errors name positions in what was written: `Cell [3]:5:7`.
 * @param name of the script in V8
 */
export function registerScript(name: string, script: WrittenScript): void {
  scripts.set(name, script);
}

/** The innermost place in a cell or in a local file that an error passed through; null if it passed through none. */
export function innermostPlace(error: Error): WrittenPlace | null {
  void error.stack; // which is made when it is first asked for
  return places.get(error) ?? null;
}

/** Says that an error is about a place in what was written, and that nobody needs to know who found it. */
export function placeError<Failure extends Error>(error: Failure, place: WrittenPlace): Failure {
  const { label, line, column } = place;
  error.stack = `${headline(error)}\n    at ${label}:${line}:${column}`;
  places.set(error, place);
  return error;
}

/**
 * Compiles the JavaScript of what was written.
 * @param name of the script in V8
 * @throws SyntaxError of what was written: Node says before the stack where in the JavaScript it is
 */
export function compileWritten<Compiled>(name: string, compile: () => Compiled): Compiled {
  try {
    return compile();
  } catch (error) {
    if (!isInstance(error, SyntaxError)) throw error;
    const [, line, marks] = /^.*:(\d+)\n.*\n( *\^)/.exec(String(error.stack)) ?? [];
    const place = line && marks ? writtenPlace(name, Number(line), marks.length) : null;
    throw place === null ? error : placeError(new SyntaxError(error.message), place);
  }
}

/**
 * Makes every stack trace of this process read in terms of cells and local files: positions mapped back to what was
 * written, nothing below the cell that the error passed through, and none of our own frames.
 */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, callSites) => {
    const lines = callSites.filter((site) => !isOwn(site)).map(describe);
    const outermost = lines.findLastIndex(({ place }) => place !== null);
    const innermost = lines.find(({ place }) => place !== null)?.place;
    if (innermost) places.set(error, innermost);
    const shown =
      outermost < 0
        ? lines.filter(({ text }) => !text.includes("(node:internal/"))
        : lines.slice(0, outermost + 1);
    return [headline(error), ...shown.map(({ text }) => `    at ${text}`)].join("\n");
  };
}

function isOwn(site: NodeJS.CallSite): boolean {
  return site.getFileName()?.startsWith(OWN_FOLDER) ?? false;
}

function describe(site: NodeJS.CallSite): { text: string; place: WrittenPlace | null } {
  const text = String(site);
  const name = site.getFileName();
  const [line, column] = [site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1];
  const place = name ? writtenPlace(name, line, column) : null;
  if (!name || place === null) return { text, place: null };
  const shown = `${place.label}:${place.line}:${place.column}`;
  return { text: text.replace(`${name}:${line}:${column}`, () => shown), place };
}

/** Where a place in the JavaScript of a script, 1-based, was written; null for a script that nobody wrote here. */
function writtenPlace(name: string, line: number, column: number): WrittenPlace | null {
  const script = scripts.get(name);
  if (script === undefined) return null;
  const { label, source } = script;
  const entry = mapOf(name, script)?.findEntry(line - 1, column - 1);
  return entry !== undefined && "originalLine" in entry
    ? { label, source, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
    : { label, source, line, column };
}

function mapOf(name: string, { sourceMap }: WrittenScript): SourceMap | null {
  if (sourceMap === null) return null;
  const known = maps.get(name) ?? new SourceMap(JSON.parse(sourceMap));
  maps.set(name, known);
  return known;
}

function headline(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
