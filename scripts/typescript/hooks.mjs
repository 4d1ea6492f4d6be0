// The loader's hooks, on their own thread: see https://nodejs.org/api/module.html#customization-hooks.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compiled } from "./compiled.mjs";
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, and its types lie beside it
import { checkKernels } from "./kernelSources.mjs";

const isOurs = (url) =>
  url.startsWith("file:") && /\.m?ts$/.test(url) && !url.includes("/node_modules/");

/** Sources name each other with their extension: where they lie takes no search. */
export function resolve(specifier, context, next) {
  const { parentURL } = context;
  if (!/^\.\.?\/.*\.m?ts$/.test(specifier) || !parentURL?.startsWith("file:"))
    return next(specifier, context);
  const { href } = new URL(specifier, parentURL);
  return { url: href, format: "module", shortCircuit: true };
}

export function load(url, context, next) {
  if (!isOurs(url)) return next(url, context);
  const path = fileURLToPath(url);
  const source = readFileSync(path, "utf8");
  checkKernels(url, source);
  return { format: "module", source: compiled(path, source), shortCircuit: true };
}
