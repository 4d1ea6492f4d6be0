const SHELL = `import { execSync } from "node:child_process"; console.log(execSync("ls", { encoding: "utf8" }))`;
const TIME = `console.time("took"); ...; console.timeEnd("took")`;
const shown = (mimeType: string): string => `displayRaw({ "${mimeType}": \`...\` })`;

/** What to write for a magic, by its name. */
const INSTEAD: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "html HTML": shown("text/html"),
    "svg SVG": shown("image/svg+xml"),
    "markdown md": shown("text/markdown"),
    latex: shown("text/latex"),
    "javascript js": "it as the cell, without the first line",
    "typescript ts": "it as the cell, without the first line",
    "bash sh system sx script cmd ls cat mkdir rm cp mv": SHELL,
    "time timeit prun": TIME,
    "writefile file": `import { writeFileSync } from "node:fs"; writeFileSync("name", \`...\`)`,
    "cd pushd popd": `process.chdir("folder")`,
    pwd: "process.cwd()",
    "env set_env": "process.env.NAME",
    "pip npm conda yarn mamba uv": `"npm install name" in a terminal, in the folder of the notebook`,
    "who whos who_ls": "nothing: the variables are in the debugger's panel",
    "load_ext reload_ext autoreload matplotlib pylab config": "nothing: it is not needed here",
    "run load": `import "./file.ts"`,
    debug: "debugger;",
  }).flatMap(([names, instead]) =>
    names.split(" ").map((name): [string, string] => [name, instead]),
  ),
);
const OTHERWISE = "it in TypeScript";

/**
 * What to write in place of a line that is none of TypeScript but a magic, a shell command or a question of IPython and the
 * kernels that follow it; null for any other. To be asked of lines that do not compile, or name what nobody knows.
 */
export function foreignLine(line: string): string | null {
  const text = line.trim();
  const refuse = (got: string, fix: string): string =>
    `cell: expected TypeScript, got ${got}. ${fix}`;
  const [, percents, magic = ""] = /^(%%?)\s*([A-Za-z]\w*)/.exec(text) ?? [];
  if (percents !== undefined) {
    const instead = INSTEAD.get(magic) ?? OTHERWISE;
    return refuse(
      `the magic ${percents}${magic}, and this kernel has no magics`,
      `Write ${instead}.`,
    );
  }
  const [, command] = /^!!?\s*([\w./~-]+(?:\s+[\w./~"'$-].*)?)$/.exec(text) ?? [];
  if (command !== undefined) {
    const [, program = ""] = /^(\w+)/.exec(command) ?? [];
    const isInstall = /^(npm|pip|pip3|yarn|conda|uv)$/.test(program);
    const instead = isInstall
      ? `"${command}" in a terminal, in the folder of the notebook`
      : SHELL.replace("ls", () => escaped(command));
    return refuse("a command for a shell", `Write ${instead}.`);
  }
  const [, name] = /^\?{0,2}([\p{ID_Start}$_][\p{ID_Continue}$.]*)\?{0,2};?$/u.exec(text) ?? [];
  if (name === undefined || !text.includes("?")) return null;
  return refuse("a question mark for help", `Press Shift-Tab behind ${name}.`);
}

/** As it stands between double quotes. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
