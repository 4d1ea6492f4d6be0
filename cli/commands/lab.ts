import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../../engine/weights/packageRoot.node.ts";
import type { ServerOptions } from "../../kernel/server/index.ts";
import { openBrowser } from "../openBrowser.ts";
import { wholeNumber } from "../parseNumbers.ts";
import { readSecret } from "../readSecret.ts";
import { servedPath } from "../servedPath.ts";
import { untilInterrupted } from "../untilInterrupted.ts";
import { UsageError } from "../usageError.ts";

interface LabOptions {
  readonly root?: string;
  readonly port?: number;
  readonly ip?: string;
  readonly baseUrl?: string;
  readonly token?: string;
  readonly password?: boolean;
  readonly certfile?: string;
  readonly keyfile?: string;
  readonly cullIdleTimeout?: number;
  readonly cullConnected?: boolean;
  readonly browser: boolean;
  readonly trash: boolean;
}

const HIGHEST_PORT = 65_535;

/** The options of the command line as the server takes them. */
async function serverOptions(options: LabOptions): Promise<Partial<ServerOptions>> {
  const { port, ip, baseUrl, certfile, keyfile, cullIdleTimeout, cullConnected } = options;
  if ((certfile === undefined) !== (keyfile === undefined))
    throw new UsageError("lab: expected --certfile and --keyfile, got one of them. Give both.");
  if (cullConnected && cullIdleTimeout === undefined)
    throw new UsageError(
      "lab: expected --cull-connected beside --cull-idle-timeout, got it alone. Say after how many seconds.",
    );
  const { VITRINE_TOKEN, JUPYTER_TOKEN } = process.env;
  const token = options.token ?? (VITRINE_TOKEN || JUPYTER_TOKEN || undefined);
  const password = options.password
    ? await readSecret("Password of this server: ")
    : process.env.VITRINE_PASSWORD || undefined;
  return {
    ...(port === undefined ? {} : { port }),
    ...(ip === undefined ? {} : { ip }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(token === undefined ? {} : { token }),
    ...(password === undefined ? {} : { password }),
    ...(certfile === undefined || keyfile === undefined ? {} : { tls: { certfile, keyfile } }),
    ...(cullIdleTimeout === undefined
      ? {}
      : { cull: { idleTimeoutMs: cullIdleTimeout * 1000, connected: cullConnected === true } }),
  };
}

async function lab(path: string | undefined, options: LabOptions): Promise<void> {
  // A terminal that was closed reads nothing any more; the kernels have to be stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const { root, defaultUrl } = servedPath(options.root, path);
  const { startServer } = await import("../../kernel/server/index.ts");
  const server = await startServer({
    root,
    defaultUrl,
    labDir: join(packageRoot(), "dist", "lab"),
    notebooksDir: join(packageRoot(), "notebooks"),
    deleteToTrash: options.trash,
    ...(await serverOptions(options)),
    log: (level, message) => {
      if (level === "warn" || level === "error") process.stderr.write(`${level}: ${message}\n`);
    },
  });
  // What the environment said was for this process; a cell must not find it there.
  delete process.env.VITRINE_TOKEN;
  delete process.env.JUPYTER_TOKEN;
  delete process.env.VITRINE_PASSWORD;
  const stopped = untilInterrupted(async () => {
    process.stdout.write("\nStopping the kernels and the server.\n");
    await server.close();
  });
  process.stdout.write(
    `Vitrine serves ${root}${server.isWritable ? "" : ", which it may only read: nothing in it can be saved"}\n\n    ${server.url}\n\nCtrl-C stops it and its kernels.\n`,
  );
  if (options.browser) await openBrowser(server.url);
  await stopped;
}

/** `vitrine lab`: the server with JupyterLab, until Ctrl-C. */
export function labCommand(): Command {
  return new Command("lab")
    .description("Start JupyterLab with the TypeScript kernel for this computer alone.")
    .argument("[path]", "notebook, file or folder to open, read from the root")
    .option("--root <dir>", "folder to serve; nothing outside it is reachable (default: this one)")
    .option(
      "--port <n>",
      "port to listen on; 0 takes any free one (default: the first free one from 8888)",
      wholeNumber(0, HIGHEST_PORT),
    )
    .option(
      "--ip <address>",
      "address to listen on; 0.0.0.0 lets other computers in, who then need the token or the password (default: localhost, by IPv4 and IPv6)",
    )
    .option("--base-url <path>", "what all addresses begin with, behind a proxy (default: /)")
    .option("--token <text>", "what the address must carry (default: a new random one)")
    .option(
      "--password",
      "ask for a password that the login page takes too, for this run; vitrine password keeps one",
    )
    .option("--certfile <file>", "certificate in PEM: speak HTTPS alone")
    .option("--keyfile <file>", "the certificate's private key in PEM")
    .option(
      "--cull-idle-timeout <seconds>",
      "shut down kernels that nobody used for so long (default: never)",
      wholeNumber(1),
    )
    .option("--cull-connected", "shut those down too that a page is connected to")
    .option(
      "--no-trash",
      "delete files for good (default: move them to the trash, on Linux; elsewhere always)",
    )
    .option("--no-browser", "do not open a browser")
    .addHelpText(
      "after",
      `
Environment:
  VITRINE_TOKEN        as --token, out of sight of other programs
  JUPYTER_TOKEN        the same, where VITRINE_TOKEN is not set
  VITRINE_PASSWORD     as --password, without being asked
  VITRINE_CONFIG_DIR   folder for settings, workspaces, trust and the password's hash
  JUPYTER_PATH         more folders with kernels, before the usual ones

Examples:
  vitrine lab
  vitrine lab --root notebooks 01-first-look.ipynb
  vitrine lab --port 9000 --no-browser
  vitrine lab --ip 0.0.0.0 --certfile cert.pem --keyfile key.pem --password`,
    )
    .action(lab);
}
