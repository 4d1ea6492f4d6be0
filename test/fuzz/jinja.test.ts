import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ChatMessage } from "../../engine/template/chat.ts";
import { ChatTemplates } from "../../engine/template/chatTemplates.ts";
import { fuzz } from "./fuzz.ts";
import type { Mutator } from "./mutate.ts";

type Grid = Record<string, { template: string }>;
interface Golden {
  constructs: Grid;
  families: Grid;
  conversations: { messages: ChatMessage[] }[];
}

fuzz("damaged templates of every construct render or are refused", 4000, () => {
  const path = new URL("../fixtures/tokenizer/jinja.json.gz", import.meta.url);
  const golden = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Golden;
  const sources = [golden.constructs, golden.families].flatMap((grid) =>
    Object.values(grid).map(({ template }) => new TextEncoder().encode(template)),
  );
  return (mutator: Mutator) => {
    const source = sources[mutator.below(sources.length)] as Uint8Array;
    const chatTemplate = new TextDecoder().decode(mutator.bytes(source));
    const { messages } = golden.conversations[mutator.below(golden.conversations.length)] as {
      messages: ChatMessage[];
    };
    const templates = new ChatTemplates({ chatTemplate }, {});
    assert.equal(typeof templates.render(messages, {}), "string");
  };
});
