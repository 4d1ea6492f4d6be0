/**
 * What to do about a module that Deno would fetch and Node cannot: `npm:zod@3`, `jsr:@std/assert`, `https://esm.sh/zod`.
 * @returns a sentence; null for any other specifier
 */
export function foreignSpecifier(specifier: string): string | null {
  const refuse = (got: string, fix: string): string =>
    `import ${JSON.stringify(specifier)}: expected a file or an installed package, got ${got}. ${fix}`;
  const [, scheme, rest = ""] = /^(npm|jsr|https?):\/{0,2}(.*)$/.exec(specifier) ?? [];
  const { name, wanted, path } = packageOf(rest);
  if (scheme === "npm") {
    return refuse(
      "a specifier of Deno",
      `Run "npm install ${wanted}" in the folder of the notebook and import "${name}${path}".`,
    );
  }
  if (scheme === "jsr") {
    return refuse(
      "a specifier of Deno",
      `Run "npx jsr add ${wanted}" in the folder of the notebook and import "${name}${path}".`,
    );
  }
  if (scheme === undefined) return null;
  return refuse(
    "the address of a page",
    "Install the package with npm in the folder of the notebook and import it by its name, or save the file beside the notebook and import that.",
  );
}

/** `@scope/name@^1.2/sub/path` taken apart. */
function packageOf(text: string): { name: string; wanted: string; path: string } {
  const [, name = text, version = "", path = ""] =
    /^((?:@[^/@]+\/)?[^/@]+)(@[^/]*)?(\/.*)?$/.exec(text) ?? [];
  return { name, wanted: name + version, path };
}
