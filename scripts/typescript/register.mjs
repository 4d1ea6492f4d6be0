// `node --import ./scripts/typescript/register.mjs file.ts` runs TypeScript: a process starts in a half of the time that tsx takes.
import { register } from "node:module";

/** What scripts/test/bundleTests.ts writes is JavaScript, and what it starts with these flags is not. */
const isBundled = /[\\/]\.vitrine[\\/]bundled[\\/]/.test(process.argv[1] ?? "");

if (!isBundled) {
  register("./hooks.mjs", import.meta.url);
  process.setSourceMapsEnabled(true);
}
