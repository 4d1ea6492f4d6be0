import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = join(root, ".vitrine", "compiled");

const OPTIONS = {
  loader: "ts",
  format: "esm",
  target: "es2023",
  sourcemap: "inline",
  sourcesContent: false,
};
const salt = JSON.stringify([OPTIONS, require("esbuild/package.json").version]);

/**
 * The JavaScript of a TypeScript file, with its source map. It is kept beside those of the other files of this repository
 * under a hash of what it was made of, and made anew where that has changed.
 * @param path absolute
 */
export function compiled(path, source) {
  const name = relative(root, path);
  const made = createHash("sha1").update(salt).update(path).update(source).digest("hex");
  const last = `//${made}\n`; // the map counts lines from the first
  const kept = join(folder, `${name}.js`);
  const isKept = !name.startsWith("..") && !isAbsolute(name); // on another drive it is
  if (isKept) {
    try {
      const code = readFileSync(kept, "utf8");
      if (code.endsWith(last)) return code;
    } catch {
      // not compiled yet
    }
  }
  const { code } = require("esbuild").transformSync(source, { ...OPTIONS, sourcefile: path });
  if (!isKept) return code;
  mkdirSync(dirname(kept), { recursive: true });
  const part = `${kept}.${process.pid}.part`;
  writeFileSync(part, code + last);
  renameSync(part, kept);
  return code;
}
