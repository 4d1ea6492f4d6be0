import { execFileSync } from "node:child_process";
import ts from "typescript";
import { inRepository } from "../build/repository.ts";
import { docstringOf, docstringText } from "./docstring.ts";
import { errorTable } from "./errorTable.ts";
import { BEGINNING, EXAMPLES } from "./examples.ts";
import { type PublicModules, readPublicModules } from "./publicModules.ts";
import { SECTIONS, type Section } from "./sections.ts";
import { dedent, publicMembers, signature } from "./signature.ts";

const INTRODUCTION = `# API

Written by \`npx tsx scripts/apiPage.ts\` from the declarations and their docstrings; a test holds the page to them.

\`\`\`ts
import { loadModel } from "vitrine";
import { attention } from "vitrine/widgets";
\`\`\`

Shapes are in the letters of [Tensor](#tensor). An option that is not known, or out of range, is refused by name.
[From TransformerLens](from-transformerlens.md) puts calls beside those of that library.
Examples call what they name out of \`vitrine\`, begin as follows, and are run by a test:

\`\`\`ts
${BEGINNING}
\`\`\`
`;

const ERRORS = `## Errors

Every error of the engine is a \`VitrineError\`, every one of widgets and controls a \`KernelError\`. Both have a stable \`code\`, and a
message that reads \`what: expected <contract>, got <value>. <fix>\`.
`;

const ERROR_CLASSES = [
  ...["VitrineError", "ConfigError", "WeightsError", "ShapeError", "SiteError", "InputError"],
  ...["BackendError", "RecordError", "RemoteError", "AbortedError"],
];

const fence = (code: string): string => `\`\`\`ts\n${code}\n\`\`\``;

/** The docstring that every public function, class and method has. */
function described(name: string, node: ts.Node): string {
  if (docstringOf(node) === null)
    throw new Error(`api: expected a docstring for ${name}, got none. Write one.`);
  return docstringText(node);
}

/** The example of an export or a method, where it has one. */
const example = (name: string): string[] => {
  const code = EXAMPLES[name];
  return code === undefined ? [] : [fence(code)];
};

/** Docstring and members that are data, as they are written. */
const withComments = (node: ts.Node): string =>
  dedent(node.getSourceFile().text.slice(node.getFullStart(), node.end).trim());

function classText(name: string, node: ts.ClassDeclaration): string[] {
  const members = publicMembers(node);
  const isMethod = (member: ts.ClassElement) => ts.isMethodDeclaration(member);
  const data = members.filter((member) => !isMethod(member));
  const lines = data.map((member) => {
    const doc = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc).at(-1);
    const comment = doc === undefined ? "" : `${dedent(doc.getText())}\n`;
    return `${comment}${signature(member as ts.PropertyDeclaration)};`;
  });
  return [
    `### ${name}`,
    described(name, node),
    ...(node.heritageClauses ?? []).map((clause) => `\`${clause.getText()}\``),
    ...(lines.length > 0 ? [fence(lines.join("\n"))] : []),
    ...members
      .filter(isMethod)
      .flatMap((member) => [
        `#### ${name}.${member.name?.getText()}`,
        fence(signature(member)),
        described(`${name}.${member.name?.getText()}`, member),
        ...example(`${name}.${member.name?.getText()}`),
      ]),
  ];
}

function exportText(name: string, node: ts.Declaration): string[] {
  if (ts.isClassDeclaration(node)) return classText(name, node);
  if (ts.isFunctionDeclaration(node))
    return [`### ${name}`, fence(signature(node)), described(name, node), ...example(name)];
  return [`### ${name}`, fence(withComments(node).replaceAll(/^export /gm, "")), ...example(name)];
}

function sectionText(section: Section, { exports, bases }: PublicModules): string[] {
  const { title, module, about, names } = section;
  return [
    `## ${title}`,
    ...(module === "vitrine" ? [] : [`From \`${module}\`.`]),
    ...(about === undefined ? [] : [about]),
    ...names.flatMap((name) => {
      const node = exports[module].get(name) ?? bases.get(name);
      if (node === undefined) throw new Error(`api: expected ${module} to export ${name}.`);
      return exportText(name, node);
    }),
  ];
}

/** Controls are generated from one schema, and docs/notebooks.md describes them. */
function controlsText(names: readonly string[]): string[] {
  return [
    "## Controls",
    "From `vitrine/widgets`: those of ipywidgets, by their names, with the fields that it gives them. [Notebooks](notebooks.md) shows them at work.",
    names.map((name) => `\`${name}\``).join(", "),
  ];
}

/** Exports of a module that no section names. */
function left(modules: PublicModules, module: Section["module"]): string[] {
  const named = SECTIONS.filter((section) => section.module === module).flatMap(
    ({ names }) => names,
  );
  return [...modules.exports[module].keys()].filter(
    (name) => !named.includes(name) && !ERROR_CLASSES.includes(name),
  );
}

/** The text of docs/api.md, as it is formatted. */
export function apiPage(): string {
  const modules = readPublicModules();
  const forgotten = left(modules, "vitrine");
  if (forgotten.length > 0)
    throw new Error(
      `api: expected a section for every export, got none for ${forgotten.join(", ")}.`,
    );
  const errors = ERROR_CLASSES.map((name) => {
    const node = modules.exports.vitrine.get(name);
    if (node === undefined) throw new Error(`api: expected vitrine to export ${name}.`);
    return `- \`${name}\`: ${described(name, node)}`;
  });
  const text = [
    INTRODUCTION,
    ...SECTIONS.flatMap((section) => sectionText(section, modules)),
    ...controlsText(left(modules, "vitrine/widgets")),
    ERRORS,
    errors.join("\n"),
    errorTable(modules.sources),
  ].join("\n\n");
  const biome = inRepository("node_modules/@biomejs/biome/bin/biome");
  return execFileSync(process.execPath, [biome, "format", "--stdin-file-path=docs/api.md"], {
    input: `${text}\n`,
    encoding: "utf8",
    cwd: inRepository(),
  });
}
