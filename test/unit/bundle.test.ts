import assert from "node:assert/strict";
import { test } from "node:test";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import { DISPLAY } from "../../kernel/display/host.ts";
import { wireBundle } from "../../kernel/display/wireBundle.ts";

test("a function or a class may say itself how it is shown", async () => {
  const shown = Object.assign(() => 1, { [DISPLAY]: () => ({ "text/html": "<b>f</b>" }) });
  assert.deepEqual(await toMimeBundle(shown), { "text/html": "<b>f</b>" });
  class Chart {}
  const chart = Object.assign(Chart, { toMimeBundle: () => ({ "text/html": "<i>c</i>" }) });
  assert.deepEqual(await toMimeBundle(chart), { "text/html": "<i>c</i>" });
});

test("what toMimeBundle() gives is shown only if it names a MIME type", async () => {
  for (const given of [null, undefined, "text/plain", { html: "<b>" }, {}]) {
    const bundle = await toMimeBundle({ toMimeBundle: () => given });
    assert.deepEqual(Object.keys(bundle), ["text/plain"], JSON.stringify(given));
    assert.match(String(bundle["text/plain"]), /toMimeBundle/);
  }
  assert.deepEqual(await toMimeBundle({ toMimeBundle: "not a function" }), {
    "text/plain": "{ toMimeBundle: 'not a function' }",
  });
  const mixed = { "text/html": "<b>", more: 1 };
  assert.deepEqual(await toMimeBundle({ toMimeBundle: async () => mixed }), mixed);
});

test("toMimeBundle() is called as a method of its value", async () => {
  const value = {
    text: "t",
    toMimeBundle() {
      return { "text/plain": this.text };
    },
  };
  assert.deepEqual(await toMimeBundle(value), { "text/plain": "t" });
});

test("an image of its own names its language once", async () => {
  const svg = (outerHTML: string) => toMimeBundle({ tagName: "SVG", outerHTML });
  const markup = async (outerHTML: string) => (await svg(outerHTML))["image/svg+xml"];
  const namespace = 'xmlns="http://www.w3.org/2000/svg"';
  assert.equal(await markup("<svg width='1'/>"), `<svg ${namespace} width='1'/>`);
  assert.equal(await markup(`<svg ${namespace}/>`), `<svg ${namespace}/>`);
  assert.equal(await markup(`<svg xmlns ='x'/>`), `<svg xmlns ='x'/>`);
  const inner = `<svg><g ${namespace}/></svg>`;
  assert.equal(await markup(inner), `<svg ${namespace}><g ${namespace}/></svg>`);
  assert.equal((await svg("<svg/>"))["text/plain"], "<svg>");
});

test("what only looks like an element is shown as the object it is", async () => {
  for (const value of [{ tagName: "p" }, { outerHTML: "<p></p>" }, { _groups: [], node: 1 }])
    assert.deepEqual(Object.keys(await toMimeBundle(value)), ["text/plain"]);
});

test("primitives and errors are text, and only bytes are encoded", async () => {
  assert.deepEqual(await toMimeBundle(null), { "text/plain": "null" });
  assert.deepEqual(await toMimeBundle("a"), { "text/plain": "'a'" });
  const { "text/plain": text } = await toMimeBundle(new RangeError("too far"));
  assert.match(String(text), /^RangeError: too far/);
  assert.deepEqual(wireBundle({ "image/png": Uint8Array.of(255), "text/plain": "x" }), {
    "image/png": "/w==",
    "text/plain": "x",
  });
});
