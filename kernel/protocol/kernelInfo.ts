import { type Json, PROTOCOL_VERSION } from "./messages.ts";

/** The content of kernel_info_reply. */
export function kernelInfo({
  implementationVersion: version,
  languageVersion,
}: {
  readonly implementationVersion: string;
  readonly languageVersion: string;
}): Json {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "vitrine",
    implementation_version: version,
    banner: `Vitrine ${version}: TypeScript on Node ${process.versions.node}`,
    debugger: true,
    supported_features: ["debugger", "kernel subshells"],
    help_links: [
      { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest-v20.x/api/" },
    ],
    language_info: {
      name: "typescript",
      version: languageVersion,
      mimetype: "application/typescript",
      file_extension: ".ts",
      codemirror_mode: "typescript",
      pygments_lexer: "typescript",
      nbconvert_exporter: "script",
    },
  };
}
