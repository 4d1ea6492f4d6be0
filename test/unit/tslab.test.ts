import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, test } from "node:test";
import * as ours from "../../kernel/display/tslab.ts";
import { forgetKernel, kernel } from "./widgetKernel.ts";

const require = createRequire(import.meta.url);
const theirs = require("tslab") as typeof ours;

afterEach(forgetKernel);

interface Shown {
  readonly data: unknown;
  readonly isUpdate: boolean;
  readonly hasId: boolean;
}

/** What tslab itself would have sent. */
function shownByTslab(run: (module: typeof ours) => void): Shown[] {
  const shown: Shown[] = [];
  const jupyter = require("tslab/dist/jupyter.js") as {
    lastWriteDisplayData:
      | ((content: { data: unknown; transient: { display_id?: string } }, update?: boolean) => void)
      | null;
  };
  jupyter.lastWriteDisplayData = ({ data, transient }, update = false) =>
    shown.push({ data, isUpdate: update, hasId: transient.display_id !== undefined });
  run(theirs);
  jupyter.lastWriteDisplayData = null;
  return shown;
}

function shownHere(run: (module: typeof ours) => void): Shown[] {
  const { sent, inCell } = kernel();
  inCell("cell", () => run(ours));
  return sent.map(({ type, content }) => ({
    data: content.data,
    isUpdate: type === "update_display_data",
    hasId: (content.transient as { display_id?: string } | undefined)?.display_id !== undefined,
  }));
}

const BYTES = Uint8Array.of(1, 2, 250);

test("the module tslab shows what the package tslab shows", () => {
  const show = ({ display, newDisplay }: typeof ours): void => {
    for (const kind of ["javascript", "html", "markdown", "latex", "svg", "text"] as const)
      display[kind](`<${kind}>`);
    for (const kind of ["png", "jpeg", "gif", "pdf"] as const) display[kind](BYTES);
    display.raw("application/json", "{}");
    display.raw("application/octet-stream", Buffer.from(BYTES));
    const [one, other] = [newDisplay(), newDisplay()];
    one.html("first");
    other.text("beside it");
    one.html("in its place");
    one.png(BYTES);
  };
  const expected = shownByTslab(show);
  assert.equal(expected.length, 16);
  assert.deepEqual(shownHere(show), expected);
});

test("it has the names that the package has, and tells its version", () => {
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  assert.deepEqual(Object.keys(ours.versions).sort(), Object.keys(theirs.versions).sort());
  assert.equal(ours.versions.tslab, theirs.versions.tslab);
});
