import assert from "node:assert/strict";
import { test } from "node:test";
import { plainText } from "../../scripts/markdown/plainText.ts";
import { renderMarkdown, sectionsOf } from "../../scripts/markdown/renderMarkdown.ts";

const TEXT = `# One & two

Before \`code\`.

## Tables

| a | b |
| - | - |
| 1 | 2 |

## Tables

[there](there.md) and [gone](gone.md), ![drawn](a.png) and ![lost](b.png)

<picture>
  <source srcset="a.png">
  <img src="a.png" alt="kept">
</picture>

<picture>
  <source srcset="b.png">
  <img src="a.png" alt="dropped">
</picture>

\`\`\`ts
const x = 1 < 2;
\`\`\`
`;

const addresses = {
  link: (href: string) => (href === "there.md" ? "there.html" : null),
  picture: (source: string) => (source === "a.png" ? "pictures/a.png" : null),
};

test("a header of a table without text is a cell", () => {
  const { html } = renderMarkdown("| | a | |\n| - | -: | - |\n| b | c | d |", addresses);
  assert.match(html, /<td><\/td>\s*<th align="right">a<\/th>\s*<td><\/td>/);
  assert.match(html, /<td>b<\/td>\s*<td align="right">c<\/td>/);
});

test("headings have the anchors that GitHub gives them, repeated ones with a number", () => {
  const { headings } = renderMarkdown(TEXT, addresses);
  assert.deepEqual(
    headings.map(({ anchor, depth }) => [anchor, depth]),
    [
      ["one--two", 1],
      ["tables", 2],
      ["tables-1", 2],
    ],
  );
});

test("no two headings have one anchor, numbers in their text or not", () => {
  const markdown = ["Run", "Run", "Run 1", "Run", "Run 1"].map((text) => `## ${text}`).join("\n\n");
  assert.deepEqual(
    renderMarkdown(markdown, addresses).headings.map(({ anchor }) => anchor),
    ["run", "run-1", "run-1-1", "run-2", "run-1-2"],
  );
});

test("links and pictures that are not there become text, and code is escaped", () => {
  const { html } = renderMarkdown(TEXT, addresses);
  assert.match(html, /<a href="there\.html">there<\/a> and <span title="gone\.md">gone<\/span>/);
  assert.match(html, /<img src="pictures\/a\.png" alt="drawn"> and lost/);
  assert.match(html, /srcset="pictures\/a\.png">\s*<img src="pictures\/a\.png" alt="kept">/);
  assert.doesNotMatch(html, /dropped/);
  assert.match(html, /<code class="language-ts">const x = 1 &lt; 2;<\/code>/);
  assert.match(html, /<div class="table"><table>[\s\S]*<\/table><\/div>/);
});

test("a page is cut into sections at its headings, as plain text", () => {
  const sections = sectionsOf(renderMarkdown(TEXT, addresses).html);
  assert.deepEqual(sections.slice(0, 2), [
    { heading: "One & two", anchor: "one--two", text: "Before code." },
    { heading: "Tables", anchor: "tables", text: "a b 1 2" },
  ]);
  assert.match(sections[2]?.text ?? "", /const x = 1 < 2;$/);
  assert.equal(plainText("<p>a&#x26;b&lt;</p><p>c</p>"), "a&b< c");
});
