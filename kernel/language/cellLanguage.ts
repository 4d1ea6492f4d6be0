import type { Diagnostic } from "tslab/dist/converter.js";
import { normaliseCell, syntaxErrors } from "./cellSource.ts";
import { type Completeness, completenessOf } from "./completeness.ts";
import { type RewrittenCell, rewriteCell } from "./rewrite.ts";
import type { Language } from "./typescript.ts";

export interface CellDiagnostic {
  readonly code: number;
  readonly message: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The file the error is in, if it is not the cell. */
  readonly file?: string;
}

export type CompiledCell =
  | { readonly ok: true; readonly cell: RewrittenCell; readonly declarations: string }
  | { readonly ok: false; readonly diagnostics: readonly CellDiagnostic[] };

export interface Completion {
  readonly matches: readonly string[];
  /** UTF-16 offsets of what a match replaces. */
  readonly start: number;
  readonly end: number;
  readonly kinds: ReadonlyMap<string, string>;
}

/** "Cannot find name" and its cousins, which a global made at run time answers. */
const UNKNOWN_NAME_CODES: ReadonlySet<number> = new Set([
  2304, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2868,
]);

/** TypeScript over the cells of one notebook: each cell sees what the cells before it declared. */
export class CellLanguage {
  readonly #language: Language;
  /** Declarations of everything that earlier cells left behind. */
  #declarations = "";

  constructor(language: Language) {
    this.#language = language;
  }

  /**
   * Checks and translates a cell without remembering it; `remember` its declarations once it starts to run.
   * @param hasName whether a name exists at run time, on the scope or globally
   * @param knownNames names on the scope
   */
  compile(
    code: string,
    knownNames: ReadonlySet<string>,
    hasName: (name: string) => boolean,
  ): CompiledCell {
    const { ts: compiler, converter } = this.#language;
    const source = normaliseCell(compiler, code);
    const syntax = syntaxErrors(compiler, source);
    if (syntax.length > 0) {
      return { ok: false, diagnostics: syntax.map((error) => this.#syntaxError(source, error)) };
    }
    const converted = this.#withRuntimeNames(source, hasName, (declarations) =>
      converter.convert(declarations, source),
    );
    const diagnostics = converted.diagnostics.filter(({ category }) => category === 1);
    if (diagnostics.length > 0) {
      return { ok: false, diagnostics: diagnostics.map(fromTslab) };
    }
    const cell = rewriteCell(compiler, source, knownNames);
    const declarations = converted.declOutput?.startsWith("undefined")
      ? cell.declared.map((name) => `declare let ${name}: any;\n`).join("") +
        converted.declOutput.slice("undefined".length)
      : (converted.declOutput ?? this.#declarations);
    return { ok: true, cell, declarations };
  }

  remember(declarations: string): void {
    this.#declarations = declarations;
  }

  /** @param offset UTF-16 offset of the cursor */
  complete(code: string, offset: number): Completion {
    const { start, end, candidates, original } = this.#language.converter.complete(
      this.#declarations,
      code,
      offset,
    );
    const entries = (original?.entries ?? []) as readonly { name: string; kind: string }[];
    return {
      matches: candidates,
      start,
      end,
      kinds: new Map(entries.map(({ name, kind }) => [name, kind])),
    };
  }

  /** Signature and documentation of what is at a UTF-16 offset, or null. */
  inspect(code: string, offset: number): { signature: string; documentation: string } | null {
    const info = this.#language.converter.inspect(this.#declarations, code, offset);
    if (!info || info.displayParts?.map((part) => part.text).join("") === "any") return null;
    const text = (parts: readonly { text: string }[] | undefined): string =>
      (parts ?? []).map((part) => part.text).join("");
    const tags = (info.tags ?? []).map(({ name, text: parts }) => `@${name} ${text(parts)}`);
    return {
      signature: text(info.displayParts),
      documentation: [text(info.documentation), ...tags].filter((part) => part !== "").join("\n"),
    };
  }

  isComplete(code: string): Completeness {
    return completenessOf(this.#language.ts, code);
  }

  close(): void {
    this.#language.converter.close();
  }

  /** Converts; where the only obstacle is names that exist at run time, declares them and converts again. */
  #withRuntimeNames<Result extends { diagnostics: Diagnostic[] }>(
    source: string,
    hasName: (name: string) => boolean,
    convert: (declarations: string) => Result,
  ): Result {
    const first = convert(this.#declarations);
    const names = new Set<string>();
    for (const { code, start, end, fileName } of first.diagnostics) {
      const name = source.slice(start.offset, end.offset);
      if (fileName === undefined && UNKNOWN_NAME_CODES.has(code) && hasName(name)) names.add(name);
    }
    if (names.size === 0) return first;
    const extra = [...names].map((name) => `declare let ${name}: any;\n`).join("");
    return convert(this.#declarations + extra);
  }

  #syntaxError(
    source: string,
    { code, messageText, start = 0, length = 0 }: ReturnType<typeof syntaxErrors>[number],
  ): CellDiagnostic {
    const before = source.slice(0, start).split("\n");
    const message = this.#language.ts.flattenDiagnosticMessageText(messageText, "\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { code, message, line: before.length, column, length };
  }
}

function fromTslab({ code, messageText, start, end, fileName }: Diagnostic): CellDiagnostic {
  return {
    code,
    message: messageText,
    line: start.line + 1,
    column: start.character + 1,
    length: end.offset - start.offset,
    ...(fileName === undefined ? {} : { file: fileName }),
  };
}
