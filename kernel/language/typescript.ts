import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Converter } from "tslab/dist/converter.js";
import type ts from "typescript";
import { GLOBAL_DECLARATIONS } from "./globalDeclarations.ts";

/** The compiler that tslab pins, with the internal functions used here. */
export type TypeScript = typeof ts & {
  skipOuterExpressions(node: ts.Expression): ts.Expression;
  isNamedDeclaration(node: ts.Node): boolean;
  getPreEmitDiagnosticsOfFiles(...args: unknown[]): ts.Diagnostic[];
};

/** TypeScript's `moduleResolution: bundler`: understands `exports` maps, wants no file extensions. */
const BUNDLER_RESOLUTION = 100;

/**
 * Errors that say something about where types were looked for and nothing about the code: the module may well load.
 * 2307, 2792: module not found; 7016: no declarations; 2691, 5097: `.ts` in an import; 1479, 1471, 1541: ESM from
 * CommonJS; 2834, 2835: extension wanted; 1259: default import interop; 5096, 5101: the options set here; 6059: a
 * local file outside the notebook's folder.
 */
const RESOLUTION_CODES: ReadonlySet<number> = new Set([
  2307, 2792, 7016, 2691, 5097, 1479, 1471, 1541, 2834, 2835, 1259, 5096, 5101, 6059,
]);
/** 4000 to 4999, 2742, 7056, 2883: a type cannot be written into a declaration file, which no cell asked for. */
const isDeclarationCode = (code: number): boolean =>
  (code >= 4000 && code < 5000) || code === 2742 || code === 7056 || code === 2883;

export interface LanguageOptions {
  /** Folder of the notebook: where imports start. */
  readonly cwd: string;
  /** Declaration file by module name, for modules that every notebook can import. */
  readonly modules: Readonly<Record<string, string>>;
}

export interface Language {
  readonly ts: TypeScript;
  readonly converter: Converter;
}

/** The compiler that tslab pins, and where it and the converter are. */
export function loadCompiler() {
  const require = createRequire(import.meta.url);
  const converterPath = require.resolve("tslab/dist/converter.js");
  const requireFromTslab = createRequire(converterPath);
  const compilerPath = requireFromTslab.resolve("@tslab/typescript-for-tslab");
  const compiler = requireFromTslab(compilerPath) as TypeScript;
  return { compiler, compilerPath, converterPath, require, requireFromTslab };
}

/**
 * Loads tslab's converter over the TypeScript it pins. tslab offers no compiler options, so it is handed a TypeScript
 * in which two functions are wrapped: the one that takes the options, and the one that collects diagnostics.
 * Takes a second or two of CPU; do it in the background.
 */
export function loadLanguage({ cwd, modules }: LanguageOptions): Language {
  const { compiler, compilerPath, converterPath, require, requireFromTslab } = loadCompiler();
  const cached = requireFromTslab.cache[compilerPath];
  const wrapped = wrapCompiler(compiler, cwd, modules, require);
  if (cached !== undefined) cached.exports = wrapped;
  const tslab = requireFromTslab(converterPath) as {
    createConverter(): Converter;
  };
  return { ts: compiler, converter: tslab.createConverter() };
}

function wrapCompiler(
  compiler: TypeScript,
  cwd: string,
  modules: LanguageOptions["modules"],
  require: NodeJS.Require,
): object {
  const globalsPath = join(cwd, "__vitrine_globals__.d.ts").replaceAll("\\", "/");
  const typesRoot = dirname(dirname(require.resolve("@types/node/package.json")));
  const webgpuTypes = dirname(require.resolve("@webgpu/types/package.json"));

  const createWatchCompilerHost = (
    rootFiles: string[],
    options: ts.CompilerOptions,
    system: ts.System,
    _createProgram: unknown,
    ...rest: unknown[]
  ): unknown => {
    const { readFile, fileExists } = system;
    system.readFile = (path, encoding) =>
      path === globalsPath ? GLOBAL_DECLARATIONS : readFile.call(system, path, encoding);
    system.fileExists = (path) => path === globalsPath || fileExists.call(system, path);
    // Watching the notebook's folder would walk all of it; what is edited is read again when a cell runs.
    system.watchDirectory = () => ({ close() {} });
    return (compiler.createWatchCompilerHost as (...args: unknown[]) => unknown)(
      [...rootFiles, globalsPath],
      {
        ...options,
        disableTopLevelAwait: false,
        moduleResolution: BUNDLER_RESOLUTION,
        moduleDetection: compiler.ModuleDetectionKind.Force,
        allowImportingTsExtensions: true,
        lib: ["lib.es2023.d.ts"],
        typeRoots: [typesRoot],
        types: ["node", webgpuTypes],
        paths: Object.fromEntries(Object.entries(modules).map(([name, file]) => [name, [file]])),
      },
      system,
      createCellProgram,
      ...rest,
    );
  };

  /** tslab also checks and translates the local files a cell imports; here they are the importer's business. */
  const createCellProgram: ts.CreateProgram<ts.EmitAndSemanticDiagnosticsBuilderProgram> = (
    ...args
  ) => {
    const program = compiler.createEmitAndSemanticDiagnosticsBuilderProgram(
      ...(args as Parameters<ts.CreateProgram<ts.EmitAndSemanticDiagnosticsBuilderProgram>>),
    );
    program.getAllDependencies = ({ fileName }) => [fileName];
    return program;
  };

  const getPreEmitDiagnosticsOfFiles = (...args: unknown[]): ts.Diagnostic[] =>
    compiler
      .getPreEmitDiagnosticsOfFiles(...args)
      .filter(({ code }) => !RESOLUTION_CODES.has(code) && !isDeclarationCode(code));

  const wrapped = {};
  for (const key of Object.keys(compiler)) {
    Object.defineProperty(wrapped, key, {
      enumerable: true,
      configurable: true,
      get: () => compiler[key as keyof TypeScript],
    });
  }
  Object.defineProperties(wrapped, {
    createWatchCompilerHost: { value: createWatchCompilerHost },
    getPreEmitDiagnosticsOfFiles: { value: getPreEmitDiagnosticsOfFiles },
  });
  return wrapped;
}
