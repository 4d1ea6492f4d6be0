import assert from "node:assert/strict";
import { mkdir, readlink, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Held } from "../../kernel/server/contents/held.ts";
import { RootFolder } from "../../kernel/server/contents/rootFolder.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const hasDescriptors = process.platform === "linux";
/** What holds a place: descriptors where there are any, its path everywhere. */
const WAYS = hasDescriptors ? [true, false] : [false];

async function laidOut(t: TestContext): Promise<{ root: string; outside: string }> {
  const folder = await realpath(await temporaryFolder(t));
  const [root, outside] = [join(folder, "root"), join(folder, "outside")];
  for (const base of [root, outside]) {
    await mkdir(join(base, "sub"), { recursive: true });
    await writeFile(join(base, "sub", "a.txt"), base === root ? "inside" : "outside");
  }
  return { root, outside };
}

async function textOf(held: Held | null): Promise<string> {
  assert.ok(held);
  const file = await held.openToRead();
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

for (const byDescriptor of WAYS) {
  const way = byDescriptor ? "by descriptors" : "by paths";

  test(`${way}: links are followed inside the root, and refused where they leave it`, async (t) => {
    const { root, outside } = await laidOut(t);
    const folder = new RootFolder(root, byDescriptor);
    await symlink("sub", join(root, "in"));
    await symlink(join(root, "in"), join(root, "sub", "back"));
    for (const path of ["sub/a.txt", "in/a.txt", "sub/back/back/a.txt"])
      assert.equal(await folder.target(path, ({ held }) => textOf(held)), "inside", path);
    await folder.target("sub/back/new.txt", async ({ held, realPath }) => {
      assert.equal(held, null);
      assert.equal(realPath, join(root, "sub", "new.txt"));
    });
    await symlink(outside, join(root, "door"));
    await symlink("../outside/sub/a.txt", join(root, "window"));
    await symlink("../../outside", join(root, "sub", "climb"));
    const never = async (): Promise<never> => assert.fail("it was let through");
    for (const path of ["door", "door/sub/a.txt", "window", "sub/climb/sub", "in/climb"])
      await assert.rejects(folder.target(path, never), { status: 403 }, path);
    await assert.rejects(folder.entry("door/sub", never), { status: 403 });
    await folder.entry("door", async ({ path }) => assert.equal(await readlink(path), outside));
    await symlink("loop", join(root, "loop"));
    await assert.rejects(folder.target("loop", never), { code: "ELOOP" });
    await assert.rejects(folder.target("sub/a.txt/b", never), { code: "ENOTDIR" });
    await assert.rejects(folder.target("none/b", never), { status: 404 });
    await assert.rejects(folder.target("../outside", never), { status: 404 });
  });

  test(`${way}: what was judged is read though its folder is another by then, or nothing is`, async (t) => {
    const { root, outside } = await laidOut(t);
    await new RootFolder(root, byDescriptor).target("sub/a.txt", async ({ held, folder }) => {
      await rename(join(root, "sub"), join(root, "aside"));
      await symlink(join(outside, "sub"), join(root, "sub"));
      if (byDescriptor) {
        assert.equal(await textOf(held), "inside");
        await writeFile(join(folder.path, "b.txt"), "written");
        assert.equal(await realpath(join(folder.path, "b.txt")), join(root, "aside", "b.txt"));
        return;
      }
      await assert.rejects(textOf(held), { status: 409, reason: "moved" });
      await assert.rejects(folder.confirm(), { status: 409, reason: "moved" });
    });
  });
}
