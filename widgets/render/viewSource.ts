import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The bundled browser code of one picture, from dist/views of the package this module belongs to.
 * @throws Error if the views were not built
 */
export function viewSource(name: string): string {
  const path = join(packageRoot(), "dist", "views", `${name}.js`);
  if (!existsSync(path))
    throw new Error(
      `${name}: expected the picture's browser code at ${path}, got no file. Run "npm run build" in the package's folder.`,
    );
  return readFileSync(path, "utf8");
}

/** The nearest folder above this module with a package.json: the same from source and from dist. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(
        `widgets: expected a package.json above ${fileURLToPath(import.meta.url)}, got none. Install the package again.`,
      );
    folder = parent;
  }
  return folder;
}
