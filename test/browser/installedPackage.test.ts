import assert from "node:assert/strict";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { KernelManager, KernelMessage, ServerConnection } from "@jupyterlab/services";
import ts from "typescript";
import { repositoryRoot } from "../../scripts/build/repository.ts";
import { runNpm } from "../../scripts/test/runNpm.ts";
import { needsRegistry } from "../fixtures/npmRegistry.ts";
import { untilEqual } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startInstalled } from "./labServer.ts";

const MAX_BYTES = 300e6;
const MAX_PACKAGES = 120;
const NOTEBOOK = "01-first-look.ipynb";

function npm(args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = runNpm([...args, "--no-audit", "--no-fund"], cwd);
  assert.equal(status, 0, `npm ${args[0]}: ${stdout}${stderr}`);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile());
}

/** Packages that a module imports, whose names are in the text as they stand. */
function packagesOf(text: string): string[] {
  return ts
    .preProcessFile(text, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !/^(\.|\/|node:)/.test(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
}

describe("the package, installed in an empty folder", needsRegistry, () => {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-installed-"));
  const user = join(folder, "user");
  const installed = join(user, "node_modules/vitrine");
  after(() => rmSync(folder, { recursive: true, force: true }));

  before(() => {
    mkdirSync(user);
    npm(["pack", "--pack-destination", folder], repositoryRoot);
    const [archive = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    npm(["install", join(folder, archive)], user);
  });

  test(`has at most ${MAX_PACKAGES} packages and ${MAX_BYTES / 1e6} MB`, (t) => {
    const lock = JSON.parse(readFileSync(join(user, "node_modules/.package-lock.json"), "utf8"));
    const nPackages = Object.keys(lock.packages).length;
    const stats = filesBelow(join(user, "node_modules")).map((path) => lstatSync(path));
    const sizes = new Map(stats.map(({ ino, size }) => [ino, size])); // esbuild is there under two names
    const sizeBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    t.diagnostic(`npm install: ${nPackages} packages, ${(sizeBytes / 1e6).toFixed(1)} MB`);
    assert.ok(nPackages <= MAX_PACKAGES, `${nPackages} packages`);
    assert.ok(sizeBytes <= MAX_BYTES, `${sizeBytes} bytes`);
  });

  test("brings the packages that its code asks for, and no other", () => {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed, "package.json"), "utf8"),
    );
    const brought = Object.keys({ ...dependencies, ...optionalDependencies });
    const code = readdirSync(join(installed, "dist"))
      .filter((name) => name.endsWith(".js"))
      .map((name) => readFileSync(join(installed, "dist", name), "utf8"));
    const imported = new Set(code.flatMap(packagesOf));
    assert.ok(imported.size > 5);
    assert.deepEqual(
      [...imported].filter((name) => !brought.includes(name) && !(name in peerDependencies)),
      [],
    );
    const isNamed = (name: string): boolean =>
      code.some((text) => text.includes(`"${name}"`) || text.includes(`"${name}/`));
    assert.deepEqual(
      brought.filter((name) => !isNamed(name)),
      [],
    );
  });

  describe("as a workspace", () => {
    let lab: LabServer;
    before(async () => {
      cpSync(join(installed, "notebooks", NOTEBOOK), join(user, NOTEBOOK));
      writeFileSync(join(user, "twice.ts"), "export const twice = (n: number) => 2 * n;\n");
      lab = await startInstalled(user, NOTEBOOK);
    });
    after(() => lab?.stop());

    test("runs the first notebook in Chromium", async () => {
      const browser = await LabBrowser.launch();
      try {
        await browser.open(lab.url);
        await browser.runAll();
        await browser.page.locator("section.vt").nth(2).waitFor();
        const headings = browser.page.locator(".jp-OutputArea-output section.vt h3");
        await untilEqual(() => headings.allTextContents(), ["Attention", "Routing", "Cost"]);
        for (const bad of ["stderr", "jupyter.error"])
          assert.equal(await browser.page.locator(`[data-mime-type*="${bad}"]`).count(), 0, bad);
        assert.deepEqual(browser.problems, []);
      } finally {
        await browser.close();
      }
    });

    test("cells import d3 and files of their own", async () => {
      const { origin, searchParams } = new URL(lab.url);
      const serverSettings = ServerConnection.makeSettings({
        baseUrl: origin,
        wsUrl: origin.replace("http", "ws"),
        token: searchParams.get("token") ?? "",
      });
      const manager = new KernelManager({ serverSettings });
      const kernel = await manager.startNew({ name: "vitrine" });
      const code = `import * as d3 from "d3";
        import { twice } from "./twice.ts";
        d3.create("b").text(twice(d3.sum([10, 11]))).node()`;
      let shown: unknown;
      const future = kernel.requestExecute({ code });
      future.onIOPub = (message) => {
        if (KernelMessage.isExecuteResultMsg(message)) shown = message.content.data["text/html"];
      };
      const { content } = await future.done;
      assert.equal(content.status, "ok", JSON.stringify(content));
      assert.equal(shown, "<b>42</b>");
      await kernel.shutdown();
      manager.dispose();
    });
  });
});
