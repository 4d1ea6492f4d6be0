import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { findStockJupyter } from "../../scripts/test/findStockJupyter.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { HANG_MS } from "../fixtures/until.ts";

const IS_WINDOWS = process.platform === "win32";

let folder: string;
before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-install-")));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A user of this machine without any Jupyter settings. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const { JUPYTER_DATA_DIR, JUPYTER_PATH, JUPYTER_CONFIG_DIR, XDG_DATA_HOME, ...rest } =
    process.env;
  const runtime = join(folder, "runtime");
  const appData = join(home, "AppData", "Roaming");
  return {
    ...rest,
    ...{ HOME: home, USERPROFILE: home, APPDATA: appData, JUPYTER_RUNTIME_DIR: runtime },
    ...more,
  };
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Ended {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    env,
    timeout: HANG_MS,
  });
  return { code: status, out: stdout, error: stderr };
}

const vitrine = (args: readonly string[], env = environment()): Ended =>
  run(process.execPath, [inRepository("bin/vitrine.mjs"), ...args], env);

function pythonIn(environmentFolder: string): string {
  return IS_WINDOWS
    ? join(environmentFolder, "Scripts", "python.exe")
    : join(environmentFolder, "bin", "python");
}

function stockPrefix(): string {
  const bin = findStockJupyter();
  assert.ok(bin, "a stock Jupyter is missing: run npm test once.");
  return dirname(bin);
}

/** A Python environment of its own that finds Jupyter's packages in the stock one, but its kernels in its own prefix. */
function makePrefix(path: string): Record<string, string> {
  const stock = pythonIn(stockPrefix());
  const made = run(stock, ["-m", "venv", "--without-pip", path], environment());
  assert.equal(made.code, 0, made.error);
  const where = ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"];
  return { PYTHONPATH: run(stock, where, environment()).out.trim() };
}

interface Installed {
  readonly resource_dir: string;
  readonly spec: { readonly display_name: string; readonly interrupt_mode: string };
}

/** What `jupyter kernelspec list --json` says of this kernel. */
function listed(python: string, env: NodeJS.ProcessEnv): Installed | undefined {
  const args = ["-m", "jupyter_client.kernelspecapp", "list", "--json"];
  const { code, out, error } = run(python, args, env);
  assert.equal(code, 0, error);
  return (JSON.parse(out) as { kernelspecs: Record<string, Installed> }).kernelspecs.vitrine;
}

/** `jupyter run`: starts the kernel by its name, runs a cell and prints what it shows. */
function runCell(python: string, code: string, env: NodeJS.ProcessEnv): string {
  const cell = join(folder, "cell.ts");
  writeFileSync(cell, code);
  const args = ["-m", "jupyter_client.runapp", "--kernel=vitrine", cell];
  const { code: exitCode, out, error } = run(python, args, env);
  assert.equal(exitCode, 0, error);
  return out.trim();
}

interface Place {
  readonly name: string;
  readonly args: () => readonly string[];
  readonly dataDir: () => string;
  readonly python: () => string;
  readonly env: () => NodeJS.ProcessEnv;
}

const home = (): string => join(folder, "home");
const userDataDir = (): string =>
  process.platform === "darwin"
    ? join(home(), "Library", "Jupyter")
    : IS_WINDOWS
      ? join(home(), "AppData", "Roaming", "jupyter")
      : join(home(), ".local", "share", "jupyter");
const prefix = (): string => join(folder, "an environment");
let prefixEnv: Record<string, string>;

const PLACES: readonly Place[] = [
  {
    name: "without options",
    args: () => [],
    dataDir: userDataDir,
    python: () => pythonIn(stockPrefix()),
    env: () => environment(),
  },
  {
    name: "with --user, where a variable names the folder",
    args: () => ["--user"],
    dataDir: () => join(folder, "data", "jupyter"),
    python: () => pythonIn(stockPrefix()),
    env: () =>
      environment(
        process.platform === "linux"
          ? { XDG_DATA_HOME: join(folder, "data") }
          : { JUPYTER_DATA_DIR: join(folder, "data", "jupyter") },
      ),
  },
  {
    name: "with --prefix",
    args: () => ["--prefix", prefix()],
    dataDir: () => join(prefix(), "share", "jupyter"),
    python: () => pythonIn(prefix()),
    env: () => environment(prefixEnv),
  },
];

describe("vitrine install and uninstall, seen by a stock Jupyter", needsStockJupyter, () => {
  before(() => {
    prefixEnv = makePrefix(prefix());
  });

  for (const { name, args, dataDir, python, env } of PLACES)
    test(`${name}: Jupyter finds the kernel and runs a cell with it until it is uninstalled`, () => {
      const spec = join(dataDir(), "kernels", "vitrine");
      const extension = join(dataDir(), "labextensions", "vitrine-pictures");
      assert.equal(listed(python(), env()), undefined);
      const installed = vitrine(["install", ...args()], env());
      assert.deepEqual(installed, {
        code: 0,
        out: `Kernel "vitrine" is registered in ${spec}\nSaved pictures respond by ${extension}\n`,
        error: "",
      });
      const found = listed(python(), env());
      assert.equal(realpathSync(found?.resource_dir ?? ""), spec);
      assert.equal(found?.spec.display_name, "TypeScript (Vitrine)");
      assert.equal(found?.spec.interrupt_mode, "message");
      const cell = "const half = (n: number): number => n / 2;\nhalf(84)";
      assert.equal(runCell(python(), cell, env()), "42");
      const removed = vitrine(["uninstall", ...args()], env());
      assert.deepEqual(removed, {
        code: 0,
        out: `Kernel "vitrine" is gone from ${spec}\nThe extension for saved pictures is gone from ${extension}\n`,
        error: "",
      });
      assert.equal(listed(python(), env()), undefined);
      assert.equal(existsSync(spec), false);
      assert.equal(existsSync(extension), false);
    });
});

describe("vitrine install and uninstall", () => {
  test("a second install replaces the first, and a second uninstall says that there is none", () => {
    const place = ["--prefix", prefix()];
    const spec = join(prefix(), "share", "jupyter", "kernels", "vitrine");
    assert.equal(vitrine(["install", ...place]).code, 0);
    writeFileSync(join(spec, "of-an-older-version.js"), "");
    assert.equal(vitrine(["install", ...place]).code, 0);
    assert.equal(existsSync(join(spec, "kernel.json")), true);
    assert.equal(existsSync(join(spec, "of-an-older-version.js")), false);
    const extension = join(prefix(), "share", "jupyter", "labextensions", "vitrine-pictures");
    const { jupyterlab } = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));
    assert.equal(existsSync(join(extension, jupyterlab._build.load)), true);
    assert.equal(vitrine(["uninstall", ...place]).code, 0);
    assert.deepEqual(vitrine(["uninstall", ...place]), {
      code: 0,
      out: 'Kernel "vitrine" was not registered there.\n',
      error: "",
    });
  });

  test("a folder that cannot be written is exit code 1, with the folder and what to do", () => {
    const file = join(folder, "a file");
    writeFileSync(file, "");
    const { code, out, error } = vitrine(["install", "--prefix", file]);
    assert.deepEqual({ code, out }, { code: 1, out: "" });
    assert.match(error, /^vitrine: install: expected a writable folder .*a file.*, got E[A-Z]+\./);
    assert.match(error, /Choose another with --prefix, or set JUPYTER_DATA_DIR\.\n$/);
    assert.equal(vitrine(["uninstall", "--prefix", file]).out.includes("was not registered"), true);
  });

  for (const command of ["install", "uninstall"])
    test(`${command}: a wrong command line is exit code 2, and nothing is written`, () => {
      const env = environment({ JUPYTER_DATA_DIR: join(folder, "untouched") });
      const both = vitrine([command, "--user", "--prefix", prefix()], env);
      assert.deepEqual(both, {
        code: 2,
        out: "",
        error: `vitrine: ${command}: expected --user or --prefix, got both. Leave one out.\n`,
      });
      for (const args of [["--prefix"], ["--everywhere"], ["here"]]) {
        const { code, out, error } = vitrine([command, ...args], env);
        assert.deepEqual({ code, out }, { code: 2, out: "" }, args.join(" "));
        assert.match(error, /^error: .*\n/);
      }
      assert.equal(existsSync(join(folder, "untouched")), false);
    });
});
