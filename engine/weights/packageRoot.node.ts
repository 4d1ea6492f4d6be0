import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../base/errors.ts";

/**
 * The folder of this package, found upwards from this module: from the sources and from a bundle in dist/ alike.
 * @throws ConfigError ERR_PACKAGE where the module was taken out of its package
 */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "vitrine")
      return folder;
    if (dirname(folder) === folder)
      throw new ConfigError(
        "ERR_PACKAGE",
        `packageRoot: expected the package vitrine above ${start}, got none. Install the package instead of copying its files.`,
      );
  }
}

/** The version of this package. */
export function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return (manifest as { version: string }).version;
}
