import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { addressOf } from "../basePath.ts";
import { isObject } from "../contents/jsonObject.ts";
import type { ServerLog } from "../serverLog.ts";
import type { KernelSpec } from "./kernelSpec.ts";

const SPEC_NAME = /^[a-z0-9._-]+$/i;
const RESOURCE = /^(?:logo-(?:32x32|64x64|svg)\.(?:png|svg)|kernel\.(?:js|css))$/;

/**
 * Reads the text of a `kernel.json`.
 * @throws TypeError that names the member at fault
 */
export function parseKernelSpec(text: string, resourceDir: string | null): KernelSpec {
  const value: unknown = JSON.parse(text);
  if (!isObject(value))
    throw new TypeError(
      "kernel.json: expected an object, got another value. Install the kernel again.",
    );
  const { argv, display_name, language, interrupt_mode, env, metadata } = value;
  if (
    !Array.isArray(argv) ||
    argv.length === 0 ||
    !argv.every((part) => typeof part === "string")
  ) {
    throw new TypeError(
      `kernel.json: expected argv to be a list of strings, got ${JSON.stringify(argv)}. Install the kernel again.`,
    );
  }
  return {
    argv,
    displayName: typeof display_name === "string" ? display_name : "",
    language: typeof language === "string" ? language : "",
    interruptMode: interrupt_mode === "message" ? "message" : "signal",
    env: isObject(env)
      ? Object.fromEntries(Object.entries(env).map(([name, entry]) => [name, String(entry)]))
      : {},
    metadata: isObject(metadata) ? metadata : {},
    resourceDir,
  };
}

export interface KernelSpecsOptions {
  /** These win over the installed ones; the first is the default. */
  readonly own: Readonly<Record<string, KernelSpec>>;
  /** Folders that hold `kernels/`; the first found wins. */
  readonly dataDirs: readonly string[];
  readonly log: ServerLog;
}

/** The kernels that can be started: the server's own and those installed for Jupyter, looked up anew each time. */
export class KernelSpecs {
  readonly #options: KernelSpecsOptions;

  constructor(options: KernelSpecsOptions) {
    this.#options = options;
  }

  get defaultName(): string {
    return Object.keys(this.#options.own)[0] ?? "";
  }

  async all(): Promise<Map<string, KernelSpec>> {
    const found = new Map(Object.entries(this.#options.own));
    for (const dataDir of this.#options.dataDirs) {
      const kernelsDir = join(dataDir, "kernels");
      const names = await readdir(kernelsDir).catch(() => []);
      for (const folder of names.sort()) {
        const name = folder.toLowerCase();
        if (!SPEC_NAME.test(name) || found.has(name)) continue;
        const spec = await this.#read(join(kernelsDir, folder));
        if (spec !== null) found.set(name, spec);
      }
    }
    return found;
  }

  async find(name: string): Promise<KernelSpec | null> {
    return (await this.all()).get(name) ?? null;
  }

  async #read(folder: string): Promise<KernelSpec | null> {
    try {
      return parseKernelSpec(await readFile(join(folder, "kernel.json"), "utf8"), folder);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ENOENT" && code !== "ENOTDIR") {
        this.#options.log("warn", `kernelspec ${folder}: left out: ${(error as Error).message}`);
      }
      return null;
    }
  }
}

/** A kernelspec as `/api/kernelspecs` shows it; logos become addresses under `/kernelspecs/`. */
export async function kernelSpecModel(
  name: string,
  spec: KernelSpec,
  basePath: string,
): Promise<Record<string, unknown>> {
  const files = spec.resourceDir === null ? [] : await readdir(spec.resourceDir).catch(() => []);
  const resources = files
    .filter((file) => RESOURCE.test(file))
    .map((file) => [
      file.replace(/\.[^.]+$/, file.startsWith("kernel.") ? "$&" : ""),
      addressOf(basePath, `/kernelspecs/${encodeURIComponent(name)}/${file}`),
    ]);
  return {
    name,
    spec: {
      argv: spec.argv,
      env: spec.env,
      display_name: spec.displayName,
      language: spec.language,
      interrupt_mode: spec.interruptMode,
      metadata: spec.metadata,
    },
    resources: Object.fromEntries(resources) as Record<string, string>,
  };
}

export function isKernelResource(file: string): boolean {
  return RESOURCE.test(file);
}
