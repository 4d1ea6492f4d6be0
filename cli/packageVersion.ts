import { readFileSync } from "node:fs";

/** Version of this package; the built command lies one folder below package.json, as its sources do. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
