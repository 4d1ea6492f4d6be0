import { existsSync, readdirSync, readFileSync } from "node:fs";
import { inRepository } from "../repository.ts";

/** The part of a package's package.json that JupyterLab's builder reads. */
interface LabManifest {
  readonly version: string;
  readonly styleModule?: string;
  readonly jupyterlab?: {
    readonly extension?: boolean | string;
    readonly mimeExtension?: boolean | string;
    readonly schemaDir?: string;
    readonly themePath?: string;
  };
}

export interface LabPackages {
  /** Module specifiers of plugins, of MIME renderers, and of the style modules that go with them. */
  readonly extensions: readonly string[];
  readonly mimeExtensions: readonly string[];
  readonly styles: readonly string[];
  /** Package name and absolute path of its style sheet. */
  readonly themes: readonly (readonly [name: string, file: string])[];
  /** Settings schema by plugin id. */
  readonly schemas: Readonly<Record<string, { version: string; schema: unknown }>>;
}

const readJson = (...parts: string[]): unknown =>
  JSON.parse(readFileSync(inRepository(...parts), "utf8"));

const specifier = (name: string, entry: boolean | string | undefined): string[] => {
  if (entry === undefined || entry === false) return [];
  return [entry === true ? name : `${name}/${entry}`];
};

/** Sorts what the build installs by what it brings to JupyterLab. */
export function readLabPackages(): LabPackages {
  const { devDependencies } = readJson("package.json") as {
    devDependencies: Record<string, string>;
  };
  const extensions: string[] = [];
  const mimeExtensions: string[] = [];
  const styles: string[] = [];
  const themes: [string, string][] = [];
  const schemas: Record<string, { version: string; schema: unknown }> = {};
  for (const name of Object.keys(devDependencies)) {
    // Packages outside the two scopes name a Python build's files, which npm does not carry.
    if (!name.startsWith("@jupyterlab/") && !name.startsWith("@jupyter-widgets/")) continue;
    const manifest = readJson("node_modules", name, "package.json") as LabManifest;
    const lab = manifest.jupyterlab;
    if (lab === undefined) continue;
    extensions.push(...specifier(name, lab.extension));
    mimeExtensions.push(...specifier(name, lab.mimeExtension));
    if (manifest.styleModule) styles.push(`${name}/${manifest.styleModule}`);
    if (lab.themePath) themes.push([name, inRepository("node_modules", name, lab.themePath)]);
    if (!lab.schemaDir) continue;
    const folder = inRepository("node_modules", name, lab.schemaDir);
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      if (!file.endsWith(".json")) continue;
      const schema = readJson("node_modules", name, lab.schemaDir, file);
      schemas[`${name}:${file.slice(0, -".json".length)}`] = { version: manifest.version, schema };
    }
  }
  if (extensions.length === 0) throw new Error("lab: expected JupyterLab packages, got none.");
  return { extensions, mimeExtensions, styles, themes, schemas };
}

/** Source of the module `vitrine:lab-packages`: every plugin and style, imported statically. */
export function labPackagesModule(packages: LabPackages): string {
  const text = JSON.stringify;
  const icons = ["all", "v4-shims"].map(
    (name) => `@fortawesome/fontawesome-free/css/${name}.min.css`,
  );
  const imports = (names: readonly string[], prefix: string): string[] =>
    names.map((name, index) => `import * as ${prefix}${index} from ${text(name)};`);
  const pairs = (names: readonly string[], prefix: string): string =>
    names.map((name, index) => `[${text(name)}, ${prefix}${index}]`).join(", ");
  return [
    ...[...icons, ...packages.styles].map((name) => `import ${text(name)};`),
    ...imports(packages.extensions, "extension"),
    ...imports(packages.mimeExtensions, "mime"),
    `export const extensions = [${pairs(packages.extensions, "extension")}];`,
    `export const mimeExtensions = [${pairs(packages.mimeExtensions, "mime")}];`,
  ].join("\n");
}
