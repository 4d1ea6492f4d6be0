import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Cell } from "../../kernel/cell/cell.ts";

test("many things that a cell starts at once hear its interrupt, and Node warns of none", async (t) => {
  const warnings: string[] = [];
  const listener = ({ name }: Error) => warnings.push(name);
  process.on("warning", listener);
  t.after(() => process.off("warning", listener));
  const header = { msg_id: "1", msg_type: "execute_request", session: "s" } as never;
  const cell = new Cell({ header, ids: [], cellId: null, isSilent: false, allowStdin: false });
  let heard = 0;
  for (let i = 0; i < 30; i++)
    cell.interruptSignal.addEventListener("abort", () => heard++, { once: true });
  process.emitWarning("the last one", "Marker");
  while (!warnings.includes("Marker")) await turn();
  assert.deepEqual(warnings, ["Marker"]);
  cell.interrupt();
  assert.equal(heard, 30);
});
