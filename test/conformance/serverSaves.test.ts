import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import { emptyNotebook, type Notebook } from "../../kernel/server/contents/notebookFormat.ts";
import { SAVE_STEPS, type SaveStep } from "../../kernel/server/contents/saveStep.ts";
import { notebookText } from "../fixtures/notebookText.ts";
import {
  type Death,
  type ServerProcess,
  serverFolder,
  startServerProcess,
} from "../fixtures/server/serverProcess.ts";

/** Written in five pieces; every character says which version it is. */
const version = (letter: string): string => letter.repeat(2_200_000);
const notebook = (letter: string): Notebook => ({
  cells: [{ cell_type: "markdown", id: "a", metadata: {}, source: version(letter) }],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5,
});
const CHECKPOINT = ".ipynb_checkpoints/a-checkpoint.txt";

/** One way to save. */
interface Kind {
  readonly name: string;
  /** The file that is saved, under the root. */
  readonly file: string;
  /** What it holds after a save; what it held before is the same with "o" for "n", or nothing at all. */
  readonly content: (letter: string) => string;
  readonly isNew?: boolean;
  /** Whether the whole file is linked to its name before its temporary name goes: that fails where the name is taken. */
  readonly isLinked?: boolean;
  /** All of them, unless given. */
  readonly steps?: readonly SaveStep[];
  /** Another file that the save reads. */
  readonly source?: string;
  readonly save: (server: ServerProcess) => Promise<Response>;
}

const ask = (server: ServerProcess, method: string, path: string, body?: unknown) =>
  server.fetch(`api/contents${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const textModel = (content: string, chunk?: number) => ({
  type: "file",
  format: "text",
  content,
  ...(chunk === undefined ? {} : { chunk }),
});

const KINDS: readonly Kind[] = [
  {
    name: "a notebook",
    file: "a.ipynb",
    content: (letter) => notebookText(notebook(letter)),
    save: (server) => ask(server, "PUT", "/a.ipynb", { type: "notebook", content: notebook("n") }),
  },
  {
    name: "a new notebook",
    file: "Untitled.ipynb",
    isNew: true,
    isLinked: true,
    content: () => notebookText(emptyNotebook()),
    save: (server) => ask(server, "POST", "", { type: "notebook" }),
  },
  {
    name: "a copy",
    file: "a-Copy1.txt",
    isNew: true,
    isLinked: true,
    source: "a.txt",
    steps: ["begun", "closed", "placed"],
    content: version,
    save: (server) => ask(server, "POST", "", { copy_from: "a.txt" }),
  },
  {
    name: "a file",
    file: "a.txt",
    content: version,
    save: (server) => ask(server, "PUT", "/a.txt", textModel(version("n"))),
  },
  {
    name: "a file that was not there",
    file: "a.txt",
    isNew: true,
    content: version,
    save: (server) => ask(server, "PUT", "/a.txt", textModel(version("n"))),
  },
  {
    name: "a file that comes in pieces",
    file: "a.txt",
    content: version,
    async save(server) {
      const part = Math.ceil(version("n").length / 3);
      for (const chunk of [1, 2]) {
        const model = textModel("n".repeat(part), chunk);
        assert.equal((await ask(server, "PUT", "/a.txt", model)).ok, true);
      }
      const rest = version("n").length - 2 * part;
      return await ask(server, "PUT", "/a.txt", textModel("n".repeat(rest), -1));
    },
  },
  {
    name: "a checkpoint",
    file: CHECKPOINT,
    source: "a.txt",
    content: version,
    save: (server) => ask(server, "POST", "/a.txt/checkpoints"),
  },
  {
    name: "a file taken back from its checkpoint",
    file: "a.txt",
    source: CHECKPOINT,
    content: version,
    save: (server) => ask(server, "POST", "/a.txt/checkpoints/checkpoint"),
  },
];

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Sizes of the temporary files under a root. */
async function litter(root: string): Promise<number[]> {
  const names = await readdir(root, { recursive: true });
  const left = names.filter((name) => name.endsWith(".saving"));
  return await Promise.all(left.map(async (name) => (await stat(join(root, name))).size));
}

/** Saves in every folder of a root, which sweeps there. */
async function saveAnother(server: ServerProcess): Promise<void> {
  assert.equal((await ask(server, "PUT", "/other.txt", textModel("other"))).ok, true);
  assert.equal((await ask(server, "POST", "/other.txt/checkpoints")).ok, true);
}

/** What a server that ends after this step must have left of its temporary file: how many bytes, or null if there is none. */
function expectedLitter(step: SaveStep, isLinked: boolean, sizeBytes: number) {
  if (step === "begun") return null;
  if (step === "opened") return { least: 0, most: 0 };
  if (step === "writing" && sizeBytes > 2 ** 20)
    return { least: sizeBytes / 2, most: sizeBytes - 1 };
  return step === "placed" && !isLinked ? null : { least: sizeBytes, most: sizeBytes };
}

async function saveAndDie(kind: Kind, root: string, step: SaveStep, server: ServerProcess) {
  const file = join(root, kind.file);
  const [before, after] = [kind.content("o"), kind.content("n")];
  await saveAnother(server);
  assert.deepEqual(await litter(root), [], "what the last one left was swept");
  if (kind.isNew === true) await rm(file, { force: true });
  else await write(file, before);
  if (kind.source !== undefined) await write(join(root, kind.source), after);

  await assert.rejects(kind.save(server), TypeError, "no answer from a server that has died");
  assert.equal(await server.ended, "SIGKILL");

  const found = await readFile(file, "utf8").catch(() => null);
  const old = kind.isNew === true ? null : before;
  assert.ok(found === (step === "placed" ? after : old), `${step}: not what it should be`);
  const left = await litter(root);
  const expected = expectedLitter(step, kind.isLinked === true, Buffer.byteLength(after));
  if (expected === null) assert.deepEqual(left, []);
  else {
    assert.equal(left.length, 1);
    const [size = -1] = left;
    assert.ok(size >= expected.least && size <= expected.most, `${step}: ${size} bytes left`);
  }
}

describe("a server that is killed at any step of a save leaves the old file or the new one, whole", {
  concurrency: 2,
}, () => {
  for (const kind of KINDS)
    test(kind.name, async () => {
      const folder = await serverFolder();
      const root = join(folder, "root");
      const sizeBytes = Buffer.byteLength(kind.content("n"));
      const start = (step: SaveStep | undefined): Promise<ServerProcess> => {
        if (step === undefined) return startServerProcess(folder);
        const atBytes = step === "writing" && sizeBytes > 2 ** 20 ? sizeBytes / 2 : 0;
        const death: Death = { step, name: basename(kind.file), atBytes };
        return startServerProcess(folder, { death });
      };
      const steps = kind.steps ?? SAVE_STEPS;
      let next = start(steps[0]);
      for (const [index, step] of steps.entries()) {
        const server = await next;
        next = start(steps[index + 1]); // while that one starts this one dies
        await saveAndDie(kind, root, step, server);
      }
      const last = await next;
      await saveAnother(last);
      assert.deepEqual(await litter(root), [], "what the last one left was swept");
      if (kind.isNew === true) await rm(join(root, kind.file));
      assert.equal((await kind.save(last)).ok, true);
      await last.kill();
      assert.ok((await readFile(join(root, kind.file), "utf8")) === kind.content("n"), "answered");
      await rm(folder, { recursive: true });
    });
});
