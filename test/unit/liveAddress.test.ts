import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXAMPLES } from "../../site/examples.ts";
import { type LiveAddress, readAddress, writeAddress } from "../../site/page/address.ts";

describe("the address of the live page", () => {
  test("is on a first visit the first example with the first pictures", () => {
    const [{ text, as }] = EXAMPLES;
    assert.deepEqual(readAddress(""), {
      ...{ text, as, show: ["tokens", "attention"] },
      ...{ backend: "auto", theme: "auto", isEmbedded: false },
    });
  });

  test("gives back what was written, whatever the text", () => {
    const address: LiveAddress = {
      text: "寫 a&b=c #1 + 2 %\n\u{1f989}",
      as: "chat",
      show: ["cost", "anatomy"],
      backend: "wasm",
      theme: "dark",
      isEmbedded: true,
    };
    assert.deepEqual(readAddress(`#${writeAddress(address)}`), address);
    const none = { ...address, text: "", show: [], isEmbedded: false };
    assert.deepEqual(readAddress(`#${writeAddress(none)}`), none);
  });

  test("takes words that are none as left out, and a text without more as plain", () => {
    const read = readAddress("#text=hm&as=song&show=cost,attic&backend=abacus&theme=pink");
    assert.deepEqual(read, {
      ...{ text: "hm", as: "text", show: ["cost"] },
      ...{ backend: "auto", theme: "auto", isEmbedded: false },
    });
    assert.deepEqual(readAddress("#show=attic").show, ["tokens", "attention"]);
  });

  test("takes bytes that are no text as the sign for such", () => {
    assert.equal(readAddress("#text=%E5%AF%ZZ%").text, "\u{fffd}%ZZ%");
  });
});
