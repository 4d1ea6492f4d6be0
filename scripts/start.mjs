// `npm start`: builds what is stale, then opens the first notebook. Where nothing has changed no compiler is started.
import { spawnSync } from "node:child_process";

const isUnchanged = async () => {
  const { isUnchanged } = await import("../dist/stamp.js");
  return isUnchanged(new URL("../", import.meta.url));
};
const build = () =>
  spawnSync(process.execPath, ["--import", "tsx", "scripts/build.ts"], { stdio: "inherit" });

const isFresh = await isUnchanged().catch(() => false); // never built
const status = isFresh ? 0 : (build().status ?? 1);
if (status === 0) {
  process.argv.splice(2, 0, "lab", "--root", "notebooks", "01-first-look.ipynb");
  await import("../bin/vitrine.mjs");
} else process.exitCode = status;
