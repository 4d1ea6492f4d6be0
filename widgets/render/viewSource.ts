import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./packageRoot.ts";

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
