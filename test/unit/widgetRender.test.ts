import assert from "node:assert/strict";
import { test } from "node:test";
import { answerQuestions, integerIn } from "../../widgets/render/answerQuestions.ts";
import {
  byteCount,
  exactF32,
  flopCount,
  millionthOf,
  milliseconds,
  money,
  percent,
} from "../../widgets/render/formatNumber.ts";
import { litToken, selectionBus } from "../../widgets/render/selection.ts";
import { escapeXml, pictureInPage, staticSvg } from "../../widgets/render/staticSvg.ts";
import { shortToken, visibleToken } from "../../widgets/render/visibleToken.ts";

test("blanks, controls and invisible characters of a token become visible", () => {
  assert.equal(visibleToken(" a b"), "·a·b");
  assert.equal(visibleToken("\n\t\r"), "⏎⇥␍");
  assert.equal(visibleToken("\u0000\u007f\u00a0"), "\\x00\\x7F\\xA0");
  assert.equal(visibleToken("\u200b\u2003"), "\\u{200B}\\u{2003}");
  assert.equal(visibleToken("\\xE6"), "\\xE6"); // bytes that are no UTF-8 arrive escaped
  assert.equal(visibleToken("月é👍"), "月é👍");
  assert.equal(visibleToken(""), "∅");
});

test("a shortened token is cut between characters", () => {
  assert.equal(shortToken("👍👍👍👍", 3), "👍👍…");
  assert.equal(shortToken(" ab", 3), "·ab");
});

test("an f32 is written with every digit it has and no more", () => {
  for (const value of [0.1, 1 / 3, 0.5, 1e-20, 123456.789, 0.00013427734]) {
    const f32 = Math.fround(value);
    assert.equal(Math.fround(Number(exactF32(f32))), f32);
  }
  assert.equal(exactF32(Math.fround(0.1)), "0.1");
  assert.equal(exactF32(Number.NEGATIVE_INFINITY), "−∞");
});

test("numbers come with their units", () => {
  assert.equal(byteCount(70_272), "70.3 kB");
  assert.equal(byteCount(999), "999 B");
  assert.equal(flopCount(36.6e9), "36.6 GFLOP");
  assert.equal(milliseconds(null), "not measured");
  assert.equal(milliseconds(1234), "1.23 s");
  assert.equal(milliseconds(0.01234), "0.0123 ms");
  assert.equal(money(0.00000476, "USD"), "$0.00000476");
  assert.equal(money(12345.6, "USD"), "$12345.60");
  assert.equal(money(0, "USD"), "$0");
  assert.equal(money(0.0032, "CNY"), "CN¥0.00320");
  assert.equal(millionthOf("USD"), "µ$");
  assert.equal(millionthOf("CNY"), "µCN¥");
  assert.equal(percent(0.339), "33.9 %");
});

test("text in a picture cannot become markup", () => {
  assert.equal(escapeXml('<a b="&">\u0000'), "&lt;a b=&quot;&amp;&quot;&gt;\uFFFD");
});

test("a static picture says in words what it shows, as an image and as a tooltip", () => {
  const svg = staticSvg(10, 20, 'Heads of "a<b>"', "");
  assert.match(svg, /^<svg [^>]* role="img" aria-label="Heads of &quot;a&lt;b&gt;&quot;">/);
  assert.match(svg, /<title>Heads of &quot;a&lt;b&gt;&quot;<\/title>/);
});

test("pictures of one run share one bus, those of another run do not", () => {
  assert.equal(selectionBus("one"), selectionBus("one"));
  assert.notEqual(selectionBus("one"), selectionBus("two"));
});

test("a hovered token outshines the pinned one, which stays; pinning it again lets go", () => {
  const bus = selectionBus("three");
  const controller = new AbortController();
  const seen: (number | null)[] = [];
  bus.subscribe((state) => seen.push(litToken(state)), controller.signal);
  bus.pin({ token: 4 });
  bus.hover({ token: 7, layer: 2 });
  bus.hover({ token: 7, layer: 2 }); // no change, no call
  bus.hover(null);
  bus.pin({ token: 4 });
  assert.deepEqual(seen, [4, 7, 4, null]);
  controller.abort();
  bus.hover({ token: 1 });
  assert.equal(seen.length, 4);
});

test("a question gets its answer under its number, and a refusal in words", async () => {
  const sent: unknown[] = [];
  const widget = { send: (content: unknown) => void sent.push(content) };
  const answer = answerQuestions({
    double: async (question) => ({ content: { value: 2 * integerIn(question, "n", 0, 5) } }),
  });
  await answer({ id: 1, kind: "double", n: 4 }, [], widget);
  await answer({ id: 2, kind: "double", n: 9 }, [], widget);
  await answer({ id: 3, kind: "toString" }, [], widget);
  await answer("not a question", [], widget);
  assert.deepEqual(sent[0], { value: 8, id: 1 });
  assert.match(JSON.stringify(sent[1]), /"id":2,"error":"widget: expected n from 0 to 5, got 9/);
  assert.match(JSON.stringify(sent[2]), /expected a question of kind double, got toString/);
  assert.equal(sent.length, 3);
});

test("in a page a picture takes the page's theme and width, and its styles touch nothing else", () => {
  const alone = staticSvg(820, 40, "what it shows", `<text class="t">a</text>`);
  const inPage = pictureInPage(alone, "in\n<words>");
  assert.match(alone, /@media \(prefers-color-scheme:dark\)/);
  assert.doesNotMatch(inPage, /prefers-color-scheme/);
  assert.match(inPage, /^<svg class="vt-static" /);
  assert.match(inPage, /aria-label="what it shows"/);
  assert.match(inPage, /\.vt-static\{max-width:100%;height:auto\}/);
  assert.ok(inPage.endsWith('<pre class="vt-static-text">in\n&lt;words&gt;</pre>'));
  const [, styles = ""] = /<style>([\s\S]*?)<\/style>/.exec(inPage) ?? [];
  const selectors = [...styles.matchAll(/([^{}]+)\{/g)].map(([, selector = ""]) => selector.trim());
  assert.ok(selectors.length > 30);
  for (const selector of selectors)
    assert.match(selector, /^(\[data-jp-theme-light="false"\] )?\.vt-static/);
});
