import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { serveCommand } from "../../cli/commands/serve.ts";
import type { ChatGeneration, Model } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { NEUTRAL_FIELDS } from "../../serve/requests/neutralFields.ts";
import { SAMPLING_SCHEMAS } from "../../serve/requests/samplingFields.ts";
import { importCode } from "../fixtures/pageModule.ts";
import { serveTiny } from "../fixtures/serve/servedModel.ts";

const PAGE = readFileSync(inRepository("docs/serve.md"), "utf8");
const blocks = (language: string) =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, code = ""]) => code,
  );

const ADDRESS = "http://127.0.0.1:8000";

test("the example with OpenAI's client gives what the page says, and so do those with curl", async (t) => {
  const { url } = await serveTiny(t);
  const [code = ""] = blocks("ts");
  const built = JSON.stringify(pathToFileURL(inRepository("dist", "index.js")).href);
  const openai = JSON.stringify(import.meta.resolve("openai"));
  const page = (await importCode(
    t,
    `${code}\nexport { served, chat, model };\n`
      .replaceAll('"vitrine"', built)
      .replaceAll('"openai"', openai)
      .replaceAll(ADDRESS, url),
  )) as { readonly served: string; readonly chat: ChatGeneration; readonly model: Model };
  assert.equal(page.served, page.chat.message.content);
  page.model.dispose();

  const curls = blocks("sh").filter((text) => text.startsWith("curl"));
  assert.equal(curls.length, 2);
  for (const curl of curls) {
    const [, path = "", body = ""] = /^curl \S+(\/v1\/\S+) .*-d '([\s\S]*)'\n$/.exec(curl) ?? [];
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body });
    assert.equal(response.status, 200, curl);
  }
});

test("the page names every field, and every option of the command", () => {
  for (const { long } of serveCommand().options) assert.ok(PAGE.includes(`\`${long}`), `${long}`);
  for (const name of [...Object.keys(SAMPLING_SCHEMAS), ...Object.keys(NEUTRAL_FIELDS)]) {
    const isRefusedAlways = NEUTRAL_FIELDS[name]?.values.length === 0;
    if (!isRefusedAlways) assert.ok(PAGE.includes(`\`${name}`), name);
  }
});
