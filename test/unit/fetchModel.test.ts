import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { MANIFEST, MODEL_FILES } from "../../site/modelFiles.ts";
import { fetchModel } from "../../site/page/fetchModel.ts";

const SIZE = 1000;
const manifest = JSON.stringify({
  ...{ name: "small", hash: "none" },
  files: Object.fromEntries(MODEL_FILES.map((file) => [file, SIZE])),
});
type Answer = (response: ServerResponse) => void;

/** What the host answers beside whole files. */
let answers: Readonly<Record<string, Answer>> = {};
/** Files whose answer the page ended. */
let ended: string[] = [];
let folder: string;

const host = createServer(({ url = "" }, response) => {
  const file = url.slice("/model/".length);
  response.on("close", () => {
    if (!response.writableFinished) ended.push(file);
  });
  const answer = answers[file];
  if (answer !== undefined) answer(response);
  else response.end(file === MANIFEST ? manifest : Buffer.alloc(SIZE, 7));
});
before(async () => {
  await new Promise<void>((resolve) => void host.listen(0, "127.0.0.1", resolve));
  folder = `http://127.0.0.1:${(host.address() as AddressInfo).port}/model/`;
});
after(() => {
  host.close();
  host.closeAllConnections();
});
beforeEach(() => {
  answers = {};
  ended = [];
});

const half: Answer = (response) => {
  response.writeHead(200, { "content-length": SIZE });
  response.write(Buffer.alloc(SIZE / 2));
};
const fetched = (): ReturnType<typeof fetchModel> => fetchModel(folder, () => {});

describe("fetching a model", () => {
  test("brings all files, and tells how far it is", async () => {
    const told: (readonly [done: number, total: number])[] = [];
    const { files } = await fetchModel(folder, (...progress) => told.push(progress));
    assert.deepEqual(files["model.safetensors"], new Uint8Array(SIZE).fill(7));
    const total = MODEL_FILES.length * SIZE;
    assert.deepEqual(
      [told[0], told.at(-1)],
      [
        [0, total],
        [total, total],
      ],
    );
  });

  test("refuses by name a page in place of the manifest", async () => {
    answers = { [MANIFEST]: (response) => response.end("<!doctype html><title>Home</title>") };
    await assert.rejects(fetched, {
      code: "ERR_WEIGHTS_FORMAT",
      message: /^manifest\.json: expected JSON .*, got "<!doctype html>/,
    });
    answers = { [MANIFEST]: (response) => response.end("null") };
    await assert.rejects(fetched, { code: "ERR_WEIGHTS_FORMAT" });
  });

  test("refuses by name a file of another length, and one that is not there", async () => {
    answers = { "config.json": (response) => response.end("{}") };
    await assert.rejects(fetched, {
      code: "ERR_WEIGHTS_TRUNCATED",
      message: /^config\.json: expected 1000 bytes, as manifest\.json says, got 2\./,
    });
    answers = { "config.json": (response) => response.writeHead(404).end() };
    await assert.rejects(fetched, { code: "ERR_WEIGHTS_MISSING", message: /got status 404\./ });
  });

  test("refuses by name a file that breaks off", async () => {
    answers = {
      "model.safetensors": (response) => {
        half(response);
        setImmediate(() => response.destroy());
      },
    };
    await assert.rejects(fetched, {
      code: "ERR_WEIGHTS_MISSING",
      message: /^model\.safetensors: expected the file at .*\/model\/model\.safetensors, got /,
    });
  });

  test("refuses by name a file of which nothing comes any more, and ends it", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const gone = new Promise<void>((resolve) => {
      answers = {
        "model.safetensors": (response) => {
          response.on("close", resolve);
          half(response);
        },
      };
    });
    const there = (MODEL_FILES.length - 1) * SIZE + SIZE / 2;
    const stalls = fetchModel(folder, (done) => {
      if (done < there)
        t.mock.timers.tick(20_000); // slow, but never so long at once
      else queueMicrotask(() => setImmediate(() => t.mock.timers.tick(30_000)));
    });
    await assert.rejects(stalls, {
      code: "ERR_WEIGHTS_STALLED",
      message:
        /model\.safetensors: expected bytes from http:\/\/127\.0\.0\.1:\d+, got none for 30 s\. /,
    });
    await gone;
  });

  test("refuses by name a manifest of which nothing comes", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    answers = { [MANIFEST]: () => t.mock.timers.tick(30_000) };
    await assert.rejects(fetched, {
      code: "ERR_WEIGHTS_STALLED",
      message: /^manifest\.json: expected bytes /,
    });
  });

  test("ends the other files where one fails", async () => {
    const gone = new Promise<void>((resolve) => {
      answers = {
        "model.safetensors": (response) => {
          response.on("close", resolve);
          half(response);
        },
        "tokenizer.json": (response) => response.writeHead(404).end(),
      };
    });
    await assert.rejects(fetched, { code: "ERR_WEIGHTS_MISSING", message: /^tokenizer\.json: / });
    await gone;
    assert.ok(ended.includes("model.safetensors"));
  });
});
