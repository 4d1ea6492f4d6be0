import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What of a source file a test ran: names of functions, as far as they have names. */
export interface FunctionsRun {
  /** Those that ran. */
  readonly run: ReadonlySet<string>;
  /** Those that V8 has seen, run or not. */
  readonly seen: ReadonlySet<string>;
  /** Whether anything ran but the file's own top level. */
  readonly hasRun: boolean;
}

interface CoverageFunction {
  readonly functionName: string;
  readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly CoverageFunction[];
  }[];
}

/** tsx's own helper, and what runs whenever a file is loaded. */
const OF_LOADING = new Set(["__name", "<static_initializer>"]);

function summarize(functions: readonly CoverageFunction[]): FunctionsRun {
  const [, ...own] = functions.filter(({ functionName }) => !OF_LOADING.has(functionName));
  const ran = own.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
  return {
    run: new Set(ran.map(({ functionName }) => functionName)),
    seen: new Set(own.map(({ functionName }) => functionName)),
    hasRun: ran.length > 0,
  };
}

/**
 * Reads what NODE_V8_COVERAGE left.
 * @returns by path from the root
 */
export function functionsRun(folder: string, root: string): Map<string, FunctionsRun> {
  const found = new Map<string, FunctionsRun>();
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), "utf8")) as Coverage;
    for (const { url, functions } of result) {
      if (!url.startsWith("file:")) continue;
      const path = fileURLToPath(url.replace(/[?#].*$/, ""));
      if (!path.startsWith(`${root}/`)) continue;
      const file = path.slice(root.length + 1);
      const [now, before] = [summarize(functions), found.get(file)];
      found.set(file, {
        run: new Set([...now.run, ...(before?.run ?? [])]),
        seen: new Set([...now.seen, ...(before?.seen ?? [])]),
        hasRun: now.hasRun || before?.hasRun === true,
      });
    }
  }
  return found;
}
