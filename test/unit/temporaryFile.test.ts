import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { test } from "node:test";
import { sweepTemporaryFiles, temporaryName } from "../../kernel/server/contents/temporaryFile.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

test("what dead processes left is swept, though one had this process's number; the rest stays", async (t) => {
  const folder = await temporaryFolder(t);
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const left = (pid: number): string => `.a.txt.${pid}-0123456789ab.saving`;
  await mkdir(join(folder, `.folder.${dead}-0123456789ab.saving`, "deep"), { recursive: true });
  for (const name of [left(dead), left(process.pid)]) await writeFile(join(folder, name), "left");
  const kept = [
    basename(temporaryName(join(folder, "a.txt"))),
    left(process.ppid),
    ".a.saving",
    "a.txt",
  ];
  for (const name of kept) await writeFile(join(folder, name), "kept");
  await sweepTemporaryFiles(folder);
  assert.deepEqual((await readdir(folder)).sort(), kept.sort());
});
