import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assertRowsShown } from "../fixtures/kernel/assertRowsShown.ts";
import { runClientChecks } from "../fixtures/kernel/runClientChecks.ts";

const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
after(() => rmSync(prefix, { recursive: true, force: true }));

test("jupyter_client debugs the installed kernel", async (t) => {
  const script = "debugger_check.py";
  const { checks } = await runClientChecks(t, { script, prefix, folder: prefix });
  await t.test("the page about the protocol says what these checks show", () =>
    assertRowsShown(script, checks),
  );
});
