import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../../engine/weights/packageRoot.node.ts";
import { openBrowser } from "../openBrowser.ts";
import { wholeNumber } from "../parseNumbers.ts";
import { servedPath } from "../servedPath.ts";
import { untilInterrupted } from "../untilInterrupted.ts";

interface LabOptions {
  readonly root?: string;
  readonly port?: number;
  readonly token?: string;
  readonly browser: boolean;
}

const HIGHEST_PORT = 65_535;

async function lab(path: string | undefined, options: LabOptions): Promise<void> {
  const { root, defaultUrl } = servedPath(options.root, path);
  const { startServer } = await import("../../kernel/server/index.ts");
  const server = await startServer({
    root,
    defaultUrl,
    labDir: join(packageRoot(), "dist", "lab"),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.token === undefined ? {} : { token: options.token }),
    log: (level, message) => {
      if (level === "warn" || level === "error") process.stderr.write(`${level}: ${message}\n`);
    },
  });
  const stopped = untilInterrupted(async () => {
    process.stdout.write("\nStopping the kernels and the server.\n");
    await server.close();
  });
  process.stdout.write(
    `Vitrine serves ${root}\n\n    ${server.url}\n\nCtrl-C stops it and its kernels.\n`,
  );
  if (options.browser) await openBrowser(server.url);
  await stopped;
}

/** `vitrine lab`: the server with JupyterLab, until Ctrl-C. */
export function labCommand(): Command {
  return new Command("lab")
    .description("Start JupyterLab with the TypeScript kernel on 127.0.0.1.")
    .argument("[path]", "notebook, file or folder to open, read from the root")
    .option("--root <dir>", "folder to serve; nothing outside it is reachable (default: this one)")
    .option(
      "--port <n>",
      "port to listen on; 0 takes any free one (default: the first free one from 8888)",
      wholeNumber(0, HIGHEST_PORT),
    )
    .option("--token <text>", "what the address must carry (default: a new random one)")
    .option("--no-browser", "do not open a browser")
    .addHelpText(
      "after",
      `
Examples:
  vitrine lab
  vitrine lab --root notebooks 01-first-look.ipynb
  vitrine lab --port 9000 --no-browser`,
    )
    .action(lab);
}
