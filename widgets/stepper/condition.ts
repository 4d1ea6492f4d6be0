import { createRequire } from "node:module";
import type ts from "typescript";
import type { SeenSource } from "./stepperSource.ts";

type Condition = (seen: SeenSource) => boolean;

/** What was typed, for conditions that were. */
const TEXTS = new WeakMap<object, string>();

const NAMES = ["site", "value", "token", "layer"] as const;

/** What the checker knows of the names that a condition may use. Numbers of a site are f32, or i32 with the same methods. */
const DECLARATIONS = `
interface Tensor { readonly data: Float32Array; readonly shape: readonly number[]; readonly dims: readonly string[]; readonly dtype: string; at(...index: number[]): number; row(...index: number[]): Tensor }
declare const site: string;
declare const value: Tensor;
declare const token: { readonly index: number; readonly id: number; readonly text: string };
declare const layer: number | null;
const condition: boolean = (
`;
const FILE = "condition.ts";

/**
 * A condition written in TypeScript, as a function. It is checked first, then its types are taken off. It runs in the user's own
 * kernel with all rights of a cell: who can send it can execute cells.
 * @throws Error in a sentence for what is no expression, and for a type error
 */
export function compileCondition(text: string): Condition {
  const compiler = createRequire(import.meta.url)("typescript") as typeof ts;
  const source = `${DECLARATIONS}${text}\n);\n`;
  const problem = problemOf(compiler, source, text);
  if (problem !== null) throw new Error(problem);
  const { outputText } = compiler.transpileModule(`const condition = (\n${text}\n);`, {
    compilerOptions: { target: compiler.ScriptTarget.ES2022, module: compiler.ModuleKind.ESNext },
  });
  const run = new Function(...NAMES, `${outputText}\nreturn condition;`) as (
    ...values: unknown[]
  ) => boolean;
  const condition: Condition = (seen) => run(...NAMES.map((name) => seen[name]));
  TEXTS.set(condition, text);
  return condition;
}

/** A condition as it was typed, or as a cell has it. */
export function conditionText(condition: object): string {
  return TEXTS.get(condition) ?? String(condition).replace(/\s+/g, " ").slice(0, 120);
}

function problemOf(compiler: typeof ts, source: string, text: string): string | null {
  const options: ts.CompilerOptions = {
    ...{ target: compiler.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts"], types: [] },
    ...{ strict: true, noEmit: true },
  };
  const host = compiler.createCompilerHost(options, true);
  const readLibrary = host.getSourceFile.bind(host);
  const typed = compiler.createSourceFile(FILE, source, compiler.ScriptTarget.ES2022, true);
  host.getSourceFile = (name, ...rest) => {
    if (name === FILE) return typed;
    const known = libraries.get(name) ?? readLibrary(name, ...rest);
    if (known !== undefined) libraries.set(name, known);
    return known;
  };
  const program = compiler.createProgram([FILE], options, host);
  const [problem] = [
    ...program.getSyntacticDiagnostics(typed),
    ...program.getSemanticDiagnostics(typed),
  ];
  if (problem !== undefined) {
    const { messageText, start = 0, length = 0 } = problem;
    const from = start - DECLARATIONS.length;
    const place = text.slice(Math.max(0, from), Math.max(0, from + length)).trim();
    const said = compiler.flattenDiagnosticMessageText(messageText, " ");
    return place === "" || place === text.trim() ? said : `At ${place}: ${said}`;
  }
  const last = typed.statements.at(-1);
  const isOne = typed.statements.length === NAMES.length + 2 && last !== undefined;
  return isOne && compiler.isVariableStatement(last)
    ? null
    : "Expected one expression, got statements.";
}

/** The compiler's own library, read once. */
const libraries = new Map<string, ts.SourceFile>();
