import assert from "node:assert/strict";
import { test } from "node:test";
import { widgetManagerOwner } from "../../widgets/lab/kernelDecided.ts";

/** A document's session as JupyterLab has it, which is told what becomes of the start. */
function sessionOf(type: string) {
  let isReady = (): void => {};
  let isOver = (_needsChoice: boolean): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const promise = new Promise<boolean>((resolve) => {
    isOver = resolve;
  });
  const context = { type, ready, session: null as unknown, _initPromise: { promise } };
  const start = (id: string): void => {
    context.session = { kernel: { id } };
    isReady();
  };
  return { context: context as Parameters<typeof widgetManagerOwner>[0], start, isReady, isOver };
}

test("a document's widgets belong to its kernel, once that has started", async () => {
  const { context, start } = sessionOf("notebook");
  const owner = widgetManagerOwner(context);
  start("k1");
  assert.equal(await owner, "k1");
});

test("a notebook whose kernel is to be chosen, or could not start, has a name of its own", async () => {
  const [chosen, failed] = [sessionOf("notebook"), sessionOf("notebook")];
  chosen.isOver(true);
  failed.isReady();
  const names = [
    await widgetManagerOwner(chosen.context),
    await widgetManagerOwner(failed.context),
  ];
  assert.notEqual(names[0], names[1]);
  assert.equal(await widgetManagerOwner(chosen.context), names[0]);
  chosen.start("k2");
  assert.equal(await widgetManagerOwner(chosen.context), "k2");
});

test("a console waits for its kernel", async () => {
  const { context, start, isOver } = sessionOf("console");
  isOver(true);
  const soon = new Promise((resolve) => setImmediate(resolve, "later"));
  const owner = widgetManagerOwner(context);
  assert.equal(await Promise.race([owner, soon]), "later");
  start("k3");
  assert.equal(await owner, "k3");
});
