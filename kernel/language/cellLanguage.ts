import type ts from "typescript";
import { KernelError } from "../errors.ts";
import { normaliseCell, syntaxErrors } from "./cellSource.ts";
import { CellTypes, type CellTypesOptions } from "./cellTypes.ts";
import { type Completeness, completenessOf } from "./completeness.ts";
import { type CompletionItem, describeSymbol } from "./completionItem.ts";
import { foreignLine } from "./foreignSyntax.ts";
import type { RewrittenCell } from "./rewrite.ts";
import { loadTypeScript, type TypeScript } from "./typescript.ts";

/** What becomes of type errors: told while the cell runs, told instead of running it, or not looked for. */
export type TypeErrors = "show" | "strict" | "off";

export interface LanguageOptions extends CellTypesOptions {
  readonly typeErrors: TypeErrors;
  /** Where compiled code of the compiler itself is kept from one kernel to the next. */
  readonly compiledFolder: string;
}

export interface CellDiagnostic {
  readonly code: number;
  readonly message: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export type CompiledCell =
  | {
      readonly ok: true;
      readonly cell: RewrittenCell;
      /** Type errors that do not keep the cell from running. */
      readonly diagnostics: readonly CellDiagnostic[];
      /** Lets later cells see what this one declares; to be called when it starts to run. */
      remember(): void;
    }
  | { readonly ok: false; readonly diagnostics: readonly CellDiagnostic[] };

export interface Completion {
  /** Best first; the first few dozen with signature and documentation. */
  readonly items: readonly CompletionItem[];
  /** UTF-16 offsets of what a match replaces. */
  readonly start: number;
  readonly end: number;
}

/** As many as a front end shows before one scrolls. */
const DESCRIBED_ITEMS = 30;
const UNDESCRIBED = { signature: "", documentation: "" };

/** "Cannot find name" and its cousins, which a name made at run time answers; 2874: JSX without React in scope. */
const UNKNOWN_NAME_CODES: ReadonlySet<number> = new Set([
  2304, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2868, 2874, 18004,
]);

/**
 * Errors that say where types were looked for and nothing about the code: the module may well load.
 * 2307, 2792, 2882: module not found; 7016: no declarations; 1259: default import interop; 6504: JavaScript.
 */
const RESOLUTION_CODES: ReadonlySet<number> = new Set([2307, 2792, 2882, 7016, 1259, 6504]);

/**
 * Errors that say no more than that something is `any`, as a parameter without a type is. The option that would keep them
 * back, `noImplicitAny: false`, would also make an empty list a `never[]`, to which nothing can be added.
 */
const IMPLICIT_ANY_CODES: ReadonlySet<number> = new Set([
  7005, 7006, 7008, 7009, 7010, 7011, 7012, 7013, 7014, 7015, 7017, 7018, 7019, 7020, 7022, 7023,
  7024, 7025, 7026, 7031, 7032, 7033, 7034, 7041, 7051, 7052, 7053, 7057,
]);

/** What a cell may do and a module may not. 1108: return at the top; 1202: `import fs = require("node:fs")`. */
const CELL_CODES: ReadonlySet<number> = new Set([1108, 1202]);

/** Has a comment at the top of the cell that asks for no run before all types fit. */
const STRICT = /^(?:\s*\/\/.*\n)*\s*\/\/\s*@strict\b/;

/** What is known of a name. */
export interface Inspection {
  readonly signature: string;
  readonly documentation: string;
  /** Its source; null where there is none to be shown. */
  readonly declaration: string | null;
}

/** TypeScript over the cells of one notebook: each cell sees what the cells before it declared. */
export class CellLanguage {
  readonly #ts: TypeScript;
  readonly #types: CellTypes;
  readonly #typeErrors: TypeErrors;
  readonly #keepCompiled: () => void;
  #isBusy = false;

  /** Takes a second or so of CPU; do it in the background. */
  constructor({ typeErrors, compiledFolder, ...options }: LanguageOptions) {
    const { compiler, keepCompiled } = loadTypeScript(compiledFolder);
    this.#ts = compiler;
    this.#keepCompiled = keepCompiled;
    this.#types = new CellTypes(this.#ts, options);
    this.#typeErrors = typeErrors;
  }

  /**
   * Checks and translates a cell. Only syntax errors, and type errors of a strict cell, keep it from running.
   * @param knownNames names on the scope
   * @param hasName whether a name exists at run time, on the scope or globally
   */
  compile(
    code: string,
    knownNames: ReadonlySet<string>,
    hasName: (name: string) => boolean,
  ): CompiledCell {
    return this.#alone(() => this.#compile(code, knownNames, hasName));
  }

  #compile(
    code: string,
    knownNames: ReadonlySet<string>,
    hasName: (name: string) => boolean,
  ): CompiledCell {
    const source = normaliseCell(this.#ts, code);
    const syntax = syntaxErrors(this.#ts, source);
    if (syntax.length > 0) {
      const foreign = this.#foreign(source, syntax[0]);
      const diagnostics = syntax.map((error) => this.#describe(source, error));
      return { ok: false, diagnostics: foreign === null ? diagnostics : [foreign] };
    }
    const typed = this.#types.open(source);
    const isStrict = this.#typeErrors === "strict" || STRICT.test(code);
    const isChecked = isStrict || this.#typeErrors === "show";
    const errors = (isChecked ? this.#types.check(typed) : []).filter(
      (error) =>
        !RESOLUTION_CODES.has(error.code) &&
        !CELL_CODES.has(error.code) &&
        !IMPLICIT_ANY_CODES.has(error.code) &&
        !isRuntimeName(source, error, hasName),
    );
    const unknown = errors.find(({ code: number }) => UNKNOWN_NAME_CODES.has(number));
    const foreign = beginsLine(typed.file, unknown) ? this.#foreign(source, unknown) : null;
    if (foreign !== null) return { ok: false, diagnostics: [foreign] };
    const diagnostics = errors.map((error) => this.#describe(source, error));
    if (isStrict && diagnostics.length > 0) return { ok: false, diagnostics };
    return {
      ok: true,
      cell: this.#types.rewrite(typed, knownNames),
      diagnostics,
      remember: () => this.#types.remember(typed),
    };
  }

  /** @param offset UTF-16 offset of the cursor */
  complete(code: string, offset: number): Completion {
    return this.#alone(() => this.#complete(code, offset));
  }

  #complete(code: string, offset: number): Completion {
    return this.#types.ask(code, (service, fileName) => {
      const found = service.getCompletionsAtPosition(fileName, offset, {
        includeCompletionsWithInsertText: false,
        includeSymbol: true,
      });
      // Within a string the service knows what a match replaces: a key may be no identifier, a module has slashes.
      const start =
        found?.entries[0]?.replacementSpan?.start ?? startOfWord(this.#ts, code, offset);
      const prefix = code.slice(start, offset);
      const ranked = (found?.entries ?? [])
        .map((entry) => ({ ...entry, rank: rankOf(entry.name, prefix) }))
        .filter(({ rank }) => rank < 3)
        .sort(
          (a, b) => a.rank - b.rank || compare(a.sortText, b.sortText) || compare(a.name, b.name),
        );
      const names = new Set<string>();
      const items: CompletionItem[] = [];
      for (const { name, kind, symbol } of ranked) {
        if (names.has(name)) continue;
        names.add(name);
        const description =
          symbol !== undefined && items.length < DESCRIBED_ITEMS
            ? describeSymbol(this.#ts, service.getProgram() as ts.Program, fileName, symbol)
            : UNDESCRIBED;
        items.push({ text: name, kind, ...description });
      }
      return { items, start, end: offset };
    });
  }

  /** What the name at a UTF-16 offset is; null where there is none. */
  inspect(code: string, offset: number): Inspection | null {
    return this.#alone(() => this.#inspect(code, offset));
  }

  #inspect(code: string, offset: number): Inspection | null {
    const { info, declaration } = this.#types.ask(code, (service, file) => ({
      info: service.getQuickInfoAtPosition(file, offset),
      declaration: declarationAt(this.#ts, service.getProgram(), file, offset),
    }));
    const text = (parts: readonly { text: string }[] = []): string =>
      parts.map((part) => part.text).join("");
    const signature = text(info?.displayParts);
    if (info === undefined || signature === "" || signature === "any") return null;
    const tags = (info.tags ?? []).map(({ name, text: parts }) => `@${name} ${text(parts)}`);
    return {
      signature,
      documentation: [text(info.documentation), ...tags].filter((part) => part !== "").join("\n"),
      declaration,
    };
  }

  isComplete(code: string): Completeness {
    return this.#alone(() => completenessOf(this.#ts, code));
  }

  /**
   * Keeps the compiler's own code for the kernels that come after, with what V8 compiled for the cells and questions so far. Takes
   * 50 ms, and nothing where it was found kept.
   */
  keepCompiled(): void {
    this.#keepCompiled();
  }

  close(): void {
    this.#types.close();
  }

  /**
   * TypeScript has one parser and one checker, which a second question in the middle of the first would leave broken: a cell
   * that gave a prototype a function of its own can be paused in there.
   */
  #alone<Result>(ask: () => Result): Result {
    if (this.#isBusy) {
      throw new KernelError(
        "ERR_BUSY",
        "typescript: expected to be asked one thing at a time, got a question in the middle of another. Let the kernel run on first.",
      );
    }
    this.#isBusy = true;
    try {
      return ask();
    } finally {
      this.#isBusy = false;
    }
  }

  /** What to write in place of the line of an error, if that is of another language; see `foreignLine`. */
  #foreign(source: string, error: ts.Diagnostic | undefined): CellDiagnostic | null {
    if (error === undefined) return null;
    // An error at the end of the cell is of the last line that holds anything.
    const before = source.slice(0, (error.start ?? 0) + 1).trimEnd();
    const start = before.lastIndexOf("\n") + 1;
    const [line = ""] = source.slice(start).split("\n", 1);
    const message = foreignLine(line);
    if (message === null) return null;
    const placed = { ...error, start: start + line.search(/\S/), length: line.trim().length };
    return { ...this.#describe(source, placed), message };
  }

  #describe(
    source: string,
    { code, messageText, start = 0, length = 0 }: ts.Diagnostic,
  ): CellDiagnostic {
    const before = source.slice(0, start).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const message = this.#ts
      .flattenDiagnosticMessageText(messageText, "\n")
      .replace(/import\("[^"]*__vitrine_cell_\d+"\)\./g, "");
    return { code, message, line: before.length, column, length };
  }
}

/** The text of the declaration that a name stands for, in a cell or in a library. */
function declarationAt(
  compiler: TypeScript,
  program: ts.Program | undefined,
  fileName: string,
  offset: number,
): string | null {
  const file = program?.getSourceFile(fileName);
  if (program === undefined || file === undefined) return null;
  const checker = program.getTypeChecker();
  let symbol: ts.Symbol | undefined;
  const visit = (node: ts.Node): void => {
    if (offset < node.getStart(file) || offset > node.end) return;
    if (compiler.isIdentifier(node)) symbol = checker.getSymbolAtLocation(node);
    compiler.forEachChild(node, visit);
  };
  visit(file);
  if (symbol === undefined) return null;
  const isAlias = (symbol.flags & compiler.SymbolFlags.Alias) !== 0;
  const meant = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  const [found] = meant.declarations ?? [];
  if (found === undefined) return null;
  const isVariable = compiler.isVariableDeclaration(found);
  return (isVariable ? found.parent.parent : found).getText();
}

function isRuntimeName(
  source: string,
  { code, start = 0, length = 0 }: ts.Diagnostic,
  hasName: (name: string) => boolean,
): boolean {
  if (!UNKNOWN_NAME_CODES.has(code)) return false;
  return hasName(code === 2874 ? "React" : source.slice(start, start + length));
}

/** Whether the line of an error is the beginning of a statement: `!ls` may be a command, and not as the rest of a line. */
function beginsLine(file: ts.SourceFile, { start = 0 }: Partial<ts.Diagnostic> = {}): boolean {
  const lineStart = file.text.lastIndexOf("\n", start - 1) + 1;
  const first = lineStart + file.text.slice(lineStart).search(/\S/);
  return file.statements.some((statement) => statement.getStart(file) === first);
}

function startOfWord(compiler: TypeScript, code: string, offset: number): number {
  let start = offset;
  while (start > 0 && compiler.isIdentifierPart(code.charCodeAt(start - 1), 99)) start--;
  return start;
}

/** 0: begins with the prefix; 1: does so but for case; 2: has it inside; 3: has not. */
function rankOf(name: string, prefix: string): number {
  if (name.startsWith(prefix)) return 0;
  const [lowerName, lowerPrefix] = [name.toLowerCase(), prefix.toLowerCase()];
  if (lowerName.startsWith(lowerPrefix)) return 1;
  return lowerName.includes(lowerPrefix) ? 2 : 3;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
