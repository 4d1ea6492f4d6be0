import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { replaceFiles } from "../../engine/base/replaceFiles.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { asPlainUser } from "../fixtures/asPlainUser.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { testWhere } from "../fixtures/testWhere.ts";

const replace = (...files: readonly (readonly [path: string, content: string])[]): Promise<void> =>
  replaceFiles(new Map(files));

test("a file is replaced whole behind its link, with the mode that it had", async (t) => {
  const folder = await temporaryFolder(t);
  const [file, link] = [join(folder, "a.txt"), join(folder, "link.txt")];
  writeFileSync(file, "old");
  chmodSync(file, 0o640);
  symlinkSync("a.txt", link);
  await replace([link, "new"], [join(folder, "b.txt"), "other"]);
  assert.equal(readFileSync(file, "utf8"), "new");
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.deepEqual(readdirSync(folder).sort(), ["a.txt", "b.txt", "link.txt"]);
});

testWhere(process.platform !== "win32")(
  "what may not be written is refused by file and reason, and of several files none is written",
  async (t) => {
    const folder = await temporaryFolder(t);
    const at = (...names: readonly string[]): string => join(folder, ...names);
    writeFileSync(at("old.txt"), "old");
    writeFileSync(at("locked.txt"), "locked");
    mkdirSync(at("closed"));
    for (const [path, mode] of [
      [".", 0o777],
      ["old.txt", 0o666],
      ["locked.txt", 0o444],
      ["closed", 0o555],
    ] as const)
      chmodSync(at(path), mode);
    const cases: [path: string, reason: RegExp][] = [
      [at("none", "a.txt"), /none\/a\.txt: no such folder \(ENOENT\)$/],
      [at("old.txt", "a.txt"), /a part of the path is no folder \(ENOTDIR\)$/],
      [at("closed"), /closed: it is a folder$/],
      ["/dev/full", /got \/dev\/full: it is a device, a pipe or a socket$/],
      [at("locked.txt"), /locked\.txt: no permission \(EACCES\)$/],
      [at("closed", "a.txt"), /closed\/a\.txt: no permission \(EACCES\)$/],
    ];
    for (const [path, reason] of cases)
      await asPlainUser(() =>
        assert.rejects(replace([at("old.txt"), "new"], [at("fresh.txt"), "new"], [path, "new"]), {
          name: "WriteFault",
          message: reason,
        }),
      );
    assert.equal(readFileSync(at("old.txt"), "utf8"), "old");
    assert.equal(readFileSync(at("locked.txt"), "utf8"), "locked");
    assert.deepEqual(readdirSync(folder).sort(), ["closed", "locked.txt", "old.txt"]);
    assert.ok(statSync("/dev/full").isCharacterDevice());
  },
);

/** Gives one process a small disk of its own, which is over with it. */
const SMALL_DISK = [
  ...["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])],
  ...["sh", "-c", 'mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@"'],
];
/** Only Linux can, and a container may forbid it. */
const canMount = (): boolean => {
  const [command = "", ...args] = SMALL_DISK;
  return spawnSync(command, [...args, tmpdir(), "true"], { stdio: "ignore" }).status === 0;
};

testWhere(canMount())(
  "on a full disk pictures and exports are refused by file and reason, and what was there stays whole",
  async (t) => {
    const folder = await temporaryFolder(t);
    const node = [process.execPath, "--import", inRepository("scripts/typescript/register.mjs")];
    const script = inRepository("test/fixtures/saveOnFullDisk.ts");
    const [command = "", ...args] = [...SMALL_DISK, folder, ...node, script, folder];
    const { stdout } = await promisify(execFile)(command, args);
    const { refused, held } = JSON.parse(stdout) as Record<string, Record<string, string>>;
    const said = (who: string, name: string, or: string): string =>
      `${who}: expected a file that can be written, got ${join(folder, name)}: no space left on the disk (ENOSPC). Free some space, or choose another ${or}.`;
    assert.deepEqual(refused, {
      "a.svg": said("thinking.save", "a.svg", "path"),
      "a.csv": said("thinking.save", "a.csv", "path"),
      "a.html": said("export", "a.html", "--out"),
      "a.md": said("export", "a.md", "--out"),
    });
    assert.deepEqual(Object.keys(held ?? {}).sort(), [
      "a.csv",
      "a.html",
      "a.ipynb",
      "a.md",
      "a.svg",
    ]);
    for (const name of Object.keys(refused ?? {})) assert.equal(held?.[name], "old");
  },
);
