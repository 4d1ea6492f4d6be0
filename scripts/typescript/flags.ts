import { pathToFileURL } from "node:url";
import { inRepository } from "../build/repository.ts";

/** What Node is started with to run TypeScript, in whatever folder. */
export const TYPESCRIPT_FLAGS: readonly string[] = [
  "--import",
  pathToFileURL(inRepository("scripts/typescript/register.mjs")).href,
];
