import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import { Deno } from "../../kernel/display/deno.ts";
import { forgetKernel, kernel } from "./widgetKernel.ts";

afterEach(forgetKernel);

const { display, format, html, md, svg, image } = Deno.jupyter;

test("values of Deno's display templates and pictures are shown as their kind", async () => {
  assert.deepEqual(await toMimeBundle(html`<b>${1}${null}</b>`), { "text/html": "<b>1</b>" });
  assert.deepEqual(await toMimeBundle(md`# hi`), { "text/markdown": "# hi" });
  assert.deepEqual(await format(svg`<svg></svg>`), { "image/svg+xml": "<svg></svg>" });
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
  assert.deepEqual(await toMimeBundle(image(png)), { "image/png": "iVBORw==" });
  const folder = mkdtempSync(join(tmpdir(), "vitrine-deno-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "a.jpg");
  writeFileSync(path, Uint8Array.of(0xff, 0xd8, 0xff));
  assert.deepEqual(await toMimeBundle(image(path)), { "image/jpeg": "/9j/" });
  assert.throws(() => image(Uint8Array.of(1, 2)), { code: "ERR_DENO", message: /PNG or JPEG/ });
});

test("Deno.jupyter.display shows a value, or MIME data as they are, in a place of its own", async () => {
  const { sent, inCell } = kernel();
  await inCell("cell", async () => {
    await display(md`# hi`);
    await display({ "text/plain": "raw" }, { raw: true, display_id: "here" });
    await display({ "text/plain": "again" }, { raw: true, display_id: "here", update: true });
  });
  assert.deepEqual(
    sent.map(({ type, content }) => [type, content.data, content.transient]),
    [
      ["display_data", { "text/markdown": "# hi" }, {}],
      ["display_data", { "text/plain": "raw" }, { display_id: "here" }],
      ["update_display_data", { "text/plain": "again" }, { display_id: "here" }],
    ],
  );
});

test("the rest of Deno is refused by its name, and what there is can be shown", async () => {
  assert.deepEqual(await toMimeBundle(await Promise.resolve(Deno)), {
    "text/plain": "Deno { jupyter }",
  });
  const other = Deno as unknown as Record<string, unknown>;
  assert.throws(() => other.readTextFile, {
    code: "ERR_DENO",
    message: /^Deno\.readTextFile: expected what this kernel has of Deno \(jupyter\), .* node:fs/,
  });
  assert.throws(() => (Deno.jupyter as unknown as Record<string, unknown>).broadcast, {
    message: /^Deno\.jupyter\.broadcast: /,
  });
});
