import type { Metafile } from "esbuild";

const singletons =
  /^(react|react-dom|yjs|@codemirror\/(state|view)|@lumino\/[^/]+|@jupyterlab\/[^/]+|@jupyter-widgets\/[^/]+)$/;

/** The innermost package of a path below node_modules: its folder and its name. */
function packageOf(path: string): { folder: string; name: string } | null {
  const below = path.slice(Math.max(0, path.indexOf("node_modules/"))); // a plugin's paths have a prefix
  const match = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(below);
  return match?.[1] && match[2] ? { folder: match[1], name: match[2] } : null;
}

/**
 * Two copies of one of these packages do not know each other's tokens, hooks or types, and fail only in the page.
 * @throws Error naming each package and where its copies lie
 */
export function assertSingleCopies(metafile: Metafile): void {
  const folders = new Map<string, Set<string>>();
  for (const path of Object.keys(metafile.inputs)) {
    const found = packageOf(path);
    if (found === null || !singletons.test(found.name)) continue;
    folders.set(found.name, (folders.get(found.name) ?? new Set()).add(found.folder));
  }
  if (folders.size === 0) throw new Error("lab: expected packages in the bundle, got none.");
  const doubled = [...folders].filter(([, copies]) => copies.size > 1);
  if (doubled.length === 0) return;
  const list = doubled.map(([name, copies]) => `${name}: ${[...copies].join(", ")}`).join("\n");
  throw new Error(
    `lab: expected one copy of each shared package, got more. Pin them in package.json's overrides.\n${list}`,
  );
}
