// Plain JavaScript, since the loader's hooks need it: whether the compiled kernels of the cpu backend are those of their sources.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const sources = new URL("../../engine/backend/cpu/wasm/", import.meta.url);
const generated = new URL("../kernels.generated.ts", sources);
const before = "// Sources: ";

/** The line by which the generated module says what it was compiled from. */
export function sourcesLine() {
  const hash = createHash("sha1");
  for (const name of readdirSync(sources).sort()) {
    const text = readFileSync(new URL(name, sources));
    hash.update(`${name} ${text.length}\n`).update(text);
  }
  return before + hash.digest("hex");
}

/** @throws Error where `url` is the generated module and was compiled from other sources: it would be the old kernels that run */
export function checkKernels(url, source) {
  if (url !== generated.href) return;
  const expected = sourcesLine();
  const got = source.split("\n").find((line) => line.startsWith(before));
  if (got === expected) return;
  throw new Error(
    `engine/backend/cpu/kernels.generated.ts: expected it to be compiled from the kernels that are in engine/backend/cpu/wasm (${expected.slice(3)}), got ${got?.slice(3) ?? "no hash"}. Run npm run build.`,
  );
}
