import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { installKernelspec } from "../../kernel/install/index.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { findStockJupyter } from "../../scripts/test/findStockJupyter.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";

const NOTEBOOK = "01-first-look.ipynb";

describe("nbconvert of a stock Jupyter", needsStockJupyter, () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "vitrine-nbconvert-"));
    await installKernelspec({ prefix: join(folder, "prefix") }, inRepository("dist", "kernel.js"));
    copyFileSync(inRepository("notebooks", NOTEBOOK), join(folder, NOTEBOOK));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function nbconvert(...args: string[]): void {
    const { status, stderr } = run(...args);
    assert.equal(status, 0, stderr);
  }

  function run(...args: string[]) {
    const bin = findStockJupyter();
    assert.ok(bin, "a stock Jupyter is missing: run npm test once.");
    return spawnSync(join(bin, "jupyter-nbconvert"), args, {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        JUPYTER_PATH: join(folder, "prefix", "share", "jupyter"),
        JUPYTER_DATA_DIR: join(folder, "data"),
        JUPYTER_CONFIG_DIR: join(folder, "config"),
        JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
      },
    });
  }

  const withoutState = "--ExecutePreprocessor.store_widget_state=False";

  test("nbconvert runs the first notebook, and its page holds the three pictures", () => {
    nbconvert("--to", "html", "--execute", withoutState, NOTEBOOK);
    const written = readFileSync(join(folder, NOTEBOOK.replace(".ipynb", ".html")), "utf8");
    const savedState =
      /<script type="application\/vnd\.jupyter\.widget-state\+json">[\s\S]*?<\/script>/;
    const page = written.replace(savedState, ""); // of live widgets, which no page shows by itself
    const pictures = [...page.matchAll(/<svg [^>]*class="vt-static"[\s\S]*?<\/svg>/g)];
    const titles = pictures.map(([picture]) =>
      ["Attention", "Routing", "Cost"].find((title) => picture.includes(`>${title}<`)),
    );
    assert.deepEqual(titles, ["Attention", "Routing", "Cost"]);
    assert.doesNotMatch(page, /prefers-color-scheme:dark/, "pictures follow the page");
    assert.doesNotMatch(
      page.slice(page.indexOf("<body")),
      /application\/vnd\.jupyter\.(stderr|error)/,
    );
  });

  test("nbconvert writes the run notebook with every output in it", () => {
    nbconvert("--to", "notebook", "--execute", "--output", "run.ipynb", NOTEBOOK);
    const { cells } = JSON.parse(readFileSync(join(folder, "run.ipynb"), "utf8")) as {
      cells: { cell_type: string; execution_count?: number; outputs?: { output_type: string }[] }[];
    };
    const code = cells.filter(({ cell_type: type }) => type === "code");
    assert.deepEqual(
      code.map(({ execution_count: count }) => count),
      code.map((_, index) => index + 1),
    );
    const types = code.flatMap(({ outputs = [] }) => outputs.map(({ output_type: type }) => type));
    assert.ok(types.filter((type) => type === "execute_result").length >= 3);
    assert.equal(types.includes("error"), false);
  });

  test("nbconvert interrupts a cell that never ends after its time, and goes on with the next", () => {
    writeFileSync(join(folder, "forever.mjs"), "export function forever() { for (;;) {} }\n");
    const cells = [
      'import { forever } from "./forever.mjs"; let kept = 42;',
      "await null; forever();",
      "kept",
    ];
    const notebook = {
      cells: cells.map((source, index) => ({
        cell_type: "code",
        id: `cell-${index}`,
        metadata: {},
        source,
        execution_count: null,
        outputs: [],
      })),
      metadata: {
        kernelspec: { name: "vitrine", display_name: "Vitrine", language: "typescript" },
      },
      nbformat: 4,
      nbformat_minor: 5,
    };
    writeFileSync(join(folder, "endless.ipynb"), JSON.stringify(notebook));
    // The others may take as long as they do on this machine.
    writeFileSync(
      join(folder, "config.py"),
      "c.ExecutePreprocessor.timeout_func = lambda cell: 3 if 'forever();' in cell.source else None\n",
    );
    nbconvert(
      ...["--config", "config.py", "--to", "notebook", "--execute", "--output", "ended.ipynb"],
      "--ExecutePreprocessor.interrupt_on_timeout=True",
      "--ExecutePreprocessor.allow_errors=True",
      "endless.ipynb",
    );
    const ended = JSON.parse(readFileSync(join(folder, "ended.ipynb"), "utf8")) as {
      cells: { outputs: { ename?: string; data?: Record<string, string[]> }[] }[];
    };
    assert.equal(ended.cells[1]?.outputs.at(-1)?.ename, "KeyboardInterrupt");
    assert.deepEqual(ended.cells[2]?.outputs[0]?.data?.["text/plain"], ["42"]);
  });

  test("without more said, nbconvert gives a cell that never ends up after its time", () => {
    const { status, stderr } = run(
      ...["--config", "config.py", "--to", "notebook", "--execute", "--output", "given-up.ipynb"],
      "endless.ipynb",
    );
    assert.notEqual(status, 0);
    assert.match(stderr, /CellTimeoutError/);
  });
});
