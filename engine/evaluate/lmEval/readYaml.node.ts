import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isObject, type JsonObject } from "../../base/json.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** Files that include others, one inside of the other. */
const MOST_INCLUDES = 8;

/**
 * The fields of a task's file as PyYAML reads them (YAML 1.1), with those of the file that it includes behind its own.
 * @throws InputError ERR_TASK
 */
export async function readYaml(path: string, depth = 0): Promise<JsonObject> {
  const { parseDocument } = await import("yaml"); // nobody waits for it who does not need it
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw wrongTaskFile(path, "a file that can be read", cause.message, "Look at the path.");
  });
  const parsed = parseDocument(text, { version: "1.1" });
  const [problem] = [...parsed.errors, ...parsed.warnings]; // a tag that nobody knows, such as !function, is a warning
  if (problem !== undefined)
    throw wrongTaskFile(
      path,
      "YAML without tags of its own",
      problem.message.split("\n")[0] ?? "",
      "Functions of Python are not run; write the task in TypeScript.",
    );
  const fields: unknown = parsed.toJS({ maxAliasCount: 100 });
  if (!isObject(fields))
    throw wrongTaskFile(path, "fields", typeof fields, "Write a task of lm-evaluation-harness.");
  const { include, ...own } = fields;
  if (include === undefined) return own;
  if (typeof include !== "string" || depth >= MOST_INCLUDES)
    throw wrongTaskFile(
      `${path} include`,
      `the name of a file, at most ${MOST_INCLUDES} in one another`,
      include,
      "Correct it.",
    );
  return { ...(await readYaml(resolve(dirname(path), include), depth + 1)), ...own };
}
