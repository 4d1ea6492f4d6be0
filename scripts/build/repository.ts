import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Absolute path of a file named by its path from the root of the repository. */
export const inRepository = (...parts: string[]): string => resolve(repositoryRoot, ...parts);
