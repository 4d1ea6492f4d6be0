import assert from "node:assert/strict";
import { statSync } from "node:fs";
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { testWhere } from "../fixtures/testWhere.ts";

const hasTrash = process.platform === "linux"; // elsewhere files are deleted for good
const SHARED_MEMORY = "/dev/shm";
const otherDisk = (): boolean =>
  hasTrash &&
  statSync(SHARED_MEMORY, { throwIfNoEntry: false })?.dev !== undefined &&
  statSync(SHARED_MEMORY).dev !== statSync(tmpdir()).dev;
const whereTrash = testWhere(hasTrash);

let host: TestServer;
let trash: string;
let dataHome: string;
const { XDG_DATA_HOME } = process.env;

before(async () => {
  dataHome = await mkdtemp(join(tmpdir(), "vitrine-data-"));
  trash = join(dataHome, "Trash");
  process.env.XDG_DATA_HOME = dataHome;
  host = await startTestServer({ deleteToTrash: true });
});
after(async () => {
  await host.close();
  if (XDG_DATA_HOME === undefined) delete process.env.XDG_DATA_HOME;
  else process.env.XDG_DATA_HOME = XDG_DATA_HOME;
  await rm(dataHome, { recursive: true, force: true });
});

const inRoot = (...parts: string[]) => join(host.root, ...parts);
const remove = async (path: string, from = host): Promise<number> =>
  (await from.fetch(`api/contents/${encodeURI(path)}`, { method: "DELETE" })).status;
const record = (name: string) => readFile(join(trash, "info", `${name}.trashinfo`), "utf8");

whereTrash(
  "a deleted file lies in the trash, from where its desktop can bring it back",
  async () => {
    await writeFile(inRoot("ä 100%.txt"), "mine");
    const beforeMs = Date.now();
    assert.equal(await remove("ä 100%.txt"), 204);
    const afterMs = Date.now();
    assert.deepEqual(await readdir(host.root), []);
    assert.equal(await readFile(join(trash, "files", "ä 100%.txt"), "utf8"), "mine");
    const [head, path = "", date = ""] = (await record("ä 100%.txt")).split("\n");
    assert.equal(head, "[Trash Info]");
    assert.equal(decodeURIComponent(path.replace("Path=", "")), inRoot("ä 100%.txt"));
    assert.match(path, /\/%C3%A4%20100%25\.txt$/);
    const deletedMs = new Date(date.replace("DeletionDate=", "")).getTime(); // whole seconds
    assert.ok(deletedMs > beforeMs - 1000 && deletedMs <= afterMs, date);
    assert.equal((await stat(trash)).mode & 0o077, 0, "nobody else may look");
  },
);

whereTrash("files of one name do not replace each other there", async () => {
  for (const content of ["1", "2", "3"]) {
    await writeFile(inRoot("same.txt"), content);
    assert.equal(await remove("same.txt"), 204);
  }
  for (const [name, content] of [
    ["same.txt", "1"],
    ["same 2.txt", "2"],
    ["same 3.txt", "3"],
  ] as const) {
    assert.equal(await readFile(join(trash, "files", name), "utf8"), content);
    assert.match(await record(name), /Path=.*\/same\.txt\n/);
  }
});

whereTrash(
  "folders go there whole, links as links, and a file's checkpoint does not stay behind",
  async () => {
    await mkdir(inRoot("full", "deep"), { recursive: true });
    await writeFile(inRoot("full", "deep", "x.txt"), "x");
    await writeFile(inRoot("kept.txt"), "kept");
    await symlink(inRoot("kept.txt"), inRoot("link.txt"));
    await writeFile(inRoot("old.txt"), "old");
    await host.fetch("api/contents/old.txt/checkpoints", { method: "POST" });
    for (const path of ["full", "link.txt", "old.txt"]) assert.equal(await remove(path), 204);
    assert.equal(await readFile(join(trash, "files", "full", "deep", "x.txt"), "utf8"), "x");
    assert.ok((await lstat(join(trash, "files", "link.txt"))).isSymbolicLink());
    assert.equal(await readFile(inRoot("kept.txt"), "utf8"), "kept");
    assert.deepEqual(await readdir(inRoot(".ipynb_checkpoints")), []);
    assert.equal(await remove("full"), 404);
  },
);

whereTrash(
  "a name too long for a record is shortened in the trash, not in the record",
  async () => {
    const name = `${"ü".repeat(125)}.txt`;
    await writeFile(inRoot(name), "long");
    assert.equal(await remove(name), 204);
    const [kept = ""] = (await readdir(join(trash, "files"))).filter((each) =>
      each.startsWith("üü"),
    );
    assert.ok(kept.endsWith(".txt"));
    assert.ok(decodeURIComponent(await record(kept)).includes(name));
  },
);

testWhere(otherDisk())("a file of another disk goes to the trash at that disk's root", async () => {
  const shm = await mkdtemp(`${SHARED_MEMORY}/vitrine-`);
  const other = await startTestServer({ deleteToTrash: true, root: shm });
  const top = join("/dev/shm", `.Trash-${process.getuid?.()}`);
  const existed = await stat(top).then(
    () => true,
    () => false,
  );
  try {
    const name = `${shm.slice("/dev/shm/".length)}.txt`;
    await writeFile(join(shm, name), "there");
    assert.equal(await remove(name, other), 204);
    assert.equal(await readFile(join(top, "files", name), "utf8"), "there");
    const info = await readFile(join(top, "info", `${name}.trashinfo`), "utf8");
    assert.match(info, new RegExp(`^Path=${shm.slice("/dev/shm/".length)}/${name}$`, "m"));
    await rm(join(top, "files", name));
    await rm(join(top, "info", `${name}.trashinfo`));
  } finally {
    await other.close();
    await rm(shm, { recursive: true });
    if (!existed) await rm(top, { recursive: true });
  }
});

whereTrash(
  "without a trash to write to nothing is deleted, and the answer says how to",
  async () => {
    const before = process.env.XDG_DATA_HOME;
    const file = join(await realpath(host.folder), "a-file");
    await writeFile(file, "");
    process.env.XDG_DATA_HOME = file;
    const other = await startTestServer({ deleteToTrash: true });
    process.env.XDG_DATA_HOME = before;
    try {
      await writeFile(join(other.root, "a.txt"), "a");
      const response = await other.fetch("api/contents/a.txt", { method: "DELETE" });
      assert.equal(response.status, 400);
      const { message } = (await response.json()) as { message: string };
      assert.match(message, /expected a trash that can be written to, got E\w+\. .*--no-trash/);
      assert.equal(await readFile(join(other.root, "a.txt"), "utf8"), "a");
    } finally {
      await other.close();
    }
  },
);

test("the page says where deleted files go, and asked to they go for good", async () => {
  const says = async (server: TestServer) =>
    /"delete_to_trash":(true|false)/.exec(await (await server.fetch("lab")).text())?.[1];
  assert.equal(await says(host), `${hasTrash}`);
  const forGood = await startTestServer({ deleteToTrash: false });
  try {
    assert.equal(await says(forGood), "false");
    await writeFile(join(forGood.root, "gone.txt"), "");
    assert.equal(await remove("gone.txt", forGood), 204);
    const kept = await readdir(join(trash, "files")).catch((): string[] => []);
    assert.equal(kept.includes("gone.txt"), false);
  } finally {
    await forGood.close();
  }
});
