import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { inRepository } from "../build/repository.ts";
import { findChromium } from "./findChromium.ts";
import { findJupyterPython } from "./findJupyterPython.ts";
import { findRegistry } from "./findRegistry.ts";
import { findSlurm } from "./findSlurm.ts";
import { findStockJupyter } from "./findStockJupyter.ts";
import { suitesOf } from "./selectTestFiles.ts";

interface Need {
  readonly name: string;
  readonly suites: readonly string[];
  /** Without it the tests that it alone serves are not run, and the others are. */
  readonly isOptional?: true;
  isMet(): boolean;
  /** What to type where the tests may not install anything. */
  readonly fix: Partial<Record<NodeJS.Platform, string>>;
}

/** As in installTestDeps.sh. */
const STOCK = "jupyterlab==4.6.4 jupyterlab_widgets==3.0.17 notebook==7.6.3";

const hasAdapter = (): boolean =>
  spawnSync(process.execPath, [...process.execArgv, inRepository("scripts/test/probeAdapter.ts")], {
    stdio: "ignore",
  }).status === 0;

const NEEDS: readonly Need[] = [
  {
    name: "Chromium",
    suites: ["browser"],
    isMet: () => findChromium() !== null,
    fix: { darwin: "brew install --cask chromium", win32: "winget install Hibbiki.Chromium" },
  },
  {
    name: "a Vulkan driver",
    suites: ["property", "contract", "golden", "differential", "browser"],
    isMet: hasAdapter,
    fix: {},
  },
  {
    name: "jupyter_client, jupyter_kernel_test and nbclient",
    suites: ["conformance"],
    isMet: () => findJupyterPython() !== null,
    fix: {
      darwin: "python3 -m pip install jupyter_client jupyter_kernel_test nbclient",
      win32: "python -m pip install jupyter_client jupyter_kernel_test nbclient",
    },
  },
  {
    name: "a stock JupyterLab and Notebook 7",
    suites: ["conformance", "browser"],
    isOptional: true,
    isMet: () => findStockJupyter() !== null,
    fix: {
      darwin: `python3 -m venv .vitrine/jupyter && .vitrine/jupyter/bin/pip install ${STOCK}`,
      win32: `python -m venv .vitrine\\jupyter && .vitrine\\jupyter\\Scripts\\pip install ${STOCK}`,
    },
  },
  {
    name: "Slurm and munge",
    suites: ["conformance"],
    isOptional: true,
    isMet: findSlurm,
    fix: {},
  },
  {
    name: "a registry of npm packages",
    suites: ["browser"],
    isOptional: true,
    isMet: findRegistry,
    fix: { linux: "npm ping", darwin: "npm ping", win32: "npm ping" },
  },
];

const INSTALL = "scripts/installTestDeps.sh";
const LOG = ".vitrine/install.log";
/** A need with a line of its own for Linux is none of the script's. */
const isInstalledByScript = ({ fix }: Need): boolean => fix.linux === undefined;
const missing = (suites: readonly string[]): Need[] =>
  NEEDS.filter((need) => need.suites.some((suite) => suites.includes(suite)) && !need.isMet());

/** The line to type for one need on this machine. */
function advice(need: Need): string {
  const line = need.fix[process.platform];
  if (line !== undefined) return line;
  if (existsSync("/etc/debian_version")) return `sudo bash ${INSTALL}`;
  return `your package manager's install of ${need.name}; ${INSTALL} shows Debian's packages`;
}

/** Debian's packages and pip's print hundreds of lines: they go to a file, whose end is told if something is still missing. */
function install(): void {
  mkdirSync(inRepository(".vitrine"), { recursive: true });
  const log = openSync(inRepository(LOG), "w");
  spawnSync("bash", [inRepository(INSTALL)], { stdio: ["ignore", log, log] });
  closeSync(log);
}

const endOfLog = (): string[] =>
  readFileSync(inRepository(LOG), "utf8").trimEnd().split("\n").slice(-5);

/**
 * Installs what the test files need where that is possible (Debian, root). What is missing and optional is told, and
 * left to the tests that need it.
 * @returns lines that say what is missing without which nothing runs, and what to type; empty when all is there
 */
export function ensureTestNeeds(files: readonly string[], print: (line: string) => void): string[] {
  const suites = suitesOf(files);
  let lacking = missing(suites);
  const installable = lacking.filter(isInstalledByScript);
  if (installable.length > 0 && existsSync("/etc/debian_version") && process.getuid?.() === 0) {
    const names = installable.map((need) => need.name).join(", ");
    print(`test   installing ${names}, a few minutes (${LOG})`);
    install();
    lacking = missing(suites);
    if (lacking.length > 0) for (const line of endOfLog()) print(`         ${line}`);
  }
  const told = (need: Need): string => `test   ${need.name} is missing. Type: ${advice(need)}`;
  for (const need of lacking) if (need.isOptional) print(told(need));
  return lacking.filter((need) => !need.isOptional).map(told);
}
