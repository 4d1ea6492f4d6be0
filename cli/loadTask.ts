import { randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { OutputFile } from "esbuild";
import { writeOutput } from "../engine/base/writeOutput.node.ts";
import type { Task } from "../engine/index.node.ts";
import { UsageError } from "./usageError.ts";

type Engine = typeof import("../engine/index.node.ts");

/** Tasks that are shipped, by the name that a command line has for them. */
const SHIPPED: Readonly<Record<string, (engine: Engine) => unknown>> = {
  arithmetic: ({ arithmeticTask }) => arithmeticTask(),
  recall: ({ recallTask }) => recallTask(),
  cloze: ({ clozeTask }) => clozeTask(),
};

/** The shipped task that a manifest calls so; null where none does. */
export async function shippedTask(taskName: string): Promise<Task | null> {
  const engine = await import("../engine/index.node.ts");
  const tasks = Object.values(SHIPPED).map((make) => make(engine) as Task);
  return tasks.find(({ name }) => name === taskName) ?? null;
}

export const isShippedTask = (name: string): boolean => Object.hasOwn(SHIPPED, name);

/**
 * The task of a name that is shipped, the one that a file of TypeScript or JavaScript exports by default, or the one of lm-evaluation-harness
 * that a file of YAML describes. The file imports "vitrine" from this package, wherever it lies.
 * @param what the command, for errors
 * @throws UsageError where there is none; InputError ERR_OUTPUT; what the file throws; as `lmEvalTask`
 */
export async function loadTask(what: string, nameOrFile: string): Promise<Task> {
  const engine = await import("../engine/index.node.ts");
  const shipped = SHIPPED[nameOrFile];
  if (shipped !== undefined) return shipped(engine) as Task;
  const file = resolve(nameOrFile);
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile)
    throw new UsageError(
      `${what}: expected ${Object.keys(SHIPPED).join(", ")} or a file, got ${JSON.stringify(nameOrFile)}. Write a file whose default export is a task: docs/evaluation.md.`,
    );
  if (/\.ya?ml$/i.test(file)) return engine.lmEvalTask(file);
  const exported = (await importFile(what, file, engine)) as { readonly default?: unknown };
  if (typeof exported.default === "object" && exported.default !== null)
    return exported.default as Task;
  throw new UsageError(
    `${what} ${nameOrFile}: expected a task as its default export, got ${typeof exported.default}. Write export default { name, samples, messages, scorer }.`,
  );
}

/** This package's exports, for a file that is bundled apart from it. */
const HANDED_OVER = Symbol.for("vitrine.taskEngine");

/** Bundles the file, beside it for as long as it is imported, so that what it reads and imports is found. */
async function importFile(what: string, file: string, engine: Engine): Promise<object> {
  const { build } = await import("esbuild");
  const outfile = join(dirname(file), `.vitrine-task-${randomBytes(6).toString("hex")}.mjs`);
  (globalThis as Record<symbol, unknown>)[HANDED_OVER] = engine;
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      outfile,
      write: false,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      logLevel: "silent",
      plugins: [
        {
          name: "vitrine",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^vitrine$/ }, () => ({ path: "vitrine", namespace: "vitrine" }));
            onLoad({ filter: /.*/, namespace: "vitrine" }, () => ({
              contents: `module.exports = globalThis[Symbol.for("vitrine.taskEngine")];`,
              loader: "js",
            }));
          },
        },
      ],
    });
    const [bundle] = outputFiles as [OutputFile];
    // Beside the task, where the disk may be full, or such that it can only be read.
    await writeOutput(what, outfile, bundle.contents, "copy the task to another folder");
    return (await import(pathToFileURL(outfile).href)) as object;
  } finally {
    await rm(outfile, { force: true });
    delete (globalThis as Record<symbol, unknown>)[HANDED_OVER];
  }
}
