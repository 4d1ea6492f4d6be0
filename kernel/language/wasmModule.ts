import { readFileSync } from "node:fs";

/**
 * A WebAssembly file as a JavaScript module, as the ES module integration of WebAssembly has it: what it imports is
 * imported, and its exports are those of the module, with globals as their values.
 * @param path of the file on disk
 * @throws WebAssembly.CompileError if it is none
 * @see https://github.com/WebAssembly/esm-integration
 */
export function wasmAsModule(path: string): string {
  const bytes = readFileSync(path);
  const module = new WebAssembly.Module(bytes);
  const specifiers = [...new Set(WebAssembly.Module.imports(module).map((each) => each.module))];
  const imports = specifiers.map(
    (specifier, index) => `import * as import${index} from ${JSON.stringify(specifier)};`,
  );
  const given = specifiers.map(
    (specifier, index) => `${JSON.stringify(specifier)}: import${index}`,
  );
  const exported = WebAssembly.Module.exports(module).map(({ name, kind }, index) => {
    const value = `instance.exports[${JSON.stringify(name)}]${kind === "global" ? ".value" : ""}`;
    return `const export${index} = ${value};\nexport { export${index} as ${JSON.stringify(name)} };`;
  });
  return [
    ...imports,
    `const bytes = Buffer.from(${JSON.stringify(bytes.toString("base64"))}, "base64");`,
    `const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { ${given.join(", ")} });`,
    ...exported,
  ].join("\n");
}

const TYPES: Readonly<Record<WebAssembly.ImportExportKind, string>> = {
  function: "(...parameters: any[]) => any",
  memory: "WebAssembly.Memory",
  table: "WebAssembly.Table",
  global: "any",
  tag: "WebAssembly.Tag",
};

/** TypeScript's declarations of what a WebAssembly file exports; parameters are not in its list of exports. */
export function declareWasm(path: string): string {
  let exports: WebAssembly.ModuleExportDescriptor[];
  try {
    exports = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(path)));
  } catch {
    return "export {};\n"; // importing it says what is wrong with it
  }
  const declared = exports.map(
    ({ name, kind }, index) =>
      `declare const export${index}: ${TYPES[kind]};\nexport { export${index} as ${JSON.stringify(name)} };\n`,
  );
  return `export {};\n${declared.join("")}`;
}
