import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import type { FromWorker } from "../../site/messages.ts";
import { MODEL_FILES, type ModelFile } from "../../site/modelFiles.ts";
import { LiveSession } from "../../site/worker/liveSession.ts";

const said: FromWorker[] = [];
const kinds = (): string[] => said.map(({ kind }) => kind);
const session = new LiveSession((message) => void said.push(message));
/** Long enough for a run to be stopped between its chunks. */
const LONG = { text: "deck ".repeat(100), as: "text" } as const;

before(async () => {
  const read = await Promise.all(
    MODEL_FILES.map(async (file) => {
      const bytes = await readFile(inRepository("models/tiny-fp8", file));
      return [file, Uint8Array.from(bytes)] as const;
    }),
  );
  const files = Object.fromEntries(read) as Record<ModelFile, Uint8Array<ArrayBuffer>>;
  const sizes = Object.fromEntries(read.map(([file, { length }]) => [file, length]));
  const manifest = { name: "tiny-fp8", hash: "none", files: sizes as Record<ModelFile, number> };
  await session.load({ location: "here", manifest, files }, "wasm");
});

test("work that is stopped before there is anything to draw says so, and is no failure", async () => {
  for (const work of [() => session.run(LONG), () => session.generate(LONG, 8)]) {
    said.length = 0;
    const done = work();
    await Promise.resolve();
    session.stop();
    await done;
    assert.deepEqual(
      kinds().filter((kind) => kind !== "began"),
      ["stopped"],
    );
  }
});

test("a generation that is stopped while it reads the prompt is no failure", async () => {
  said.length = 0;
  const done = session.generate(LONG, 8);
  while (!kinds().includes("began")) await Promise.resolve();
  session.stop();
  await done;
  assert.deepEqual(kinds(), ["began", "stopped"]);
});

test("work that something newer ends says nothing, and the newer begins with its own text", async () => {
  said.length = 0;
  const input = { text: "And God said", as: "text" } as const;
  await Promise.all([session.generate(LONG, 8), session.run(input)]);
  assert.deepEqual(
    kinds().filter((kind) => kind === "stopped" || kind === "ran"),
    ["ran"],
  );
  const began = said.findLast(({ kind }) => kind === "began");
  assert.deepEqual(began?.kind === "began" && began.input, input);
});
