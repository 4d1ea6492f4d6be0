import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assertRowsShown } from "../fixtures/kernel/assertRowsShown.ts";
import { runClientChecks } from "../fixtures/kernel/runClientChecks.ts";
import { testSeed } from "../fixtures/testSeed.ts";

const prefix = mkdtempSync(join(tmpdir(), "vitrine-interrupts-"));
after(() => rmSync(prefix, { recursive: true, force: true }));

test("interrupts end whatever the installed kernel runs", async (t) => {
  const script = "interrupt_check.py";
  process.env.TEST_SEED = String(testSeed);
  const { checks } = await runClientChecks(t, { script, prefix, folder: prefix });
  await t.test("the page about the protocol says what these checks show", () =>
    assertRowsShown(script, checks, 4),
  );
});
