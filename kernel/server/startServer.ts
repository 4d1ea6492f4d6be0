import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import type { Server } from "node:http";
import { createServer } from "node:https";
import { join, resolve } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { KERNEL_NAME, kernelSpec, writeKernelspec } from "../install/kernelspec.ts";
import { makeApp } from "./app.ts";
import { UpgradeHandler } from "./channels/upgrade.ts";
import { Contents } from "./contents/contents.ts";
import { Trash } from "./contents/trash.ts";
import { TrustStore } from "./contents/trustStore.ts";
import { IdleCuller } from "./kernels/idleCuller.ts";
import { jupyterDataDirs, jupyterRuntimeDir, vitrineConfigDir } from "./kernels/jupyterPaths.ts";
import { KernelManager } from "./kernels/kernelManager.ts";
import type { KernelSpec } from "./kernels/kernelSpec.ts";
import { KernelSpecs, parseKernelSpec } from "./kernels/kernelSpecs.ts";
import { JsonFolder } from "./lab/jsonFolder.ts";
import { SettingsStore } from "./lab/settingsStore.ts";
import { listen } from "./listen.ts";
import { Authenticator } from "./security/authentication.ts";
import { isLoopback } from "./security/hostCheck.ts";
import { checkPassword, readPasswordHash } from "./security/passwordFile.ts";
import { hashPassword } from "./security/passwordHash.ts";
import { randomToken } from "./security/secrets.ts";
import { readTls } from "./security/tls.ts";
import { ServerError } from "./serverError.ts";
import type { RunningServer, ServerOptions } from "./serverOptions.ts";
import { SessionManager } from "./sessions/sessionManager.ts";

/** What a person can type is too easily guessed by whoever can ask as often as they like. */
const SHORTEST_PUBLIC_TOKEN = 16;

export type { KernelSpec } from "./kernels/kernelSpec.ts";
export type { RunningServer, ServerOptions } from "./serverOptions.ts";

/**
 * Starts a Jupyter server: files, kernels and JupyterLab over HTTP and WebSockets, for whoever has the token.
 * @throws ServerError ERR_SERVER if the root is no writable folder, the build is missing, or the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log, labDir } = options;
  const ip = options.ip ?? "127.0.0.1";
  const token = options.token ?? randomToken();
  if (token === "")
    throw new ServerError(
      "start server: expected a token, got an empty one. Leave --token out to get a random one.",
    );
  if (token.length < SHORTEST_PUBLIC_TOKEN && !isLoopback(ip))
    throw new ServerError(
      `start server: expected a token of at least ${SHORTEST_PUBLIC_TOKEN} characters where other computers can reach it, got ${token.length}. Leave --token out to get a random one.`,
    );
  const tls = options.tls === undefined ? null : await readTls(options.tls);
  const root = await checkRoot(options.root);
  const configDir = options.configDir ?? vitrineConfigDir();
  const passwordHash = await findPasswordHash(options.password, configDir);
  const settings = await openSettings(labDir, join(configDir, "settings"));
  const contents = new Contents(
    root,
    new TrustStore(join(configDir, "trust")),
    options.deleteToTrash === false ? null : Trash.ofThisSystem(),
    { onStep: options.onSaveStep, onPiece: options.onPiece },
  );
  const specs = new KernelSpecs({
    own: await withVitrine(options.kernelspecs ?? {}, labDir, configDir),
    dataDirs: options.installedKernelspecs === false ? [] : jupyterDataDirs(),
    log,
  });
  const kernels = new KernelManager({
    specs,
    contents,
    runtimeDir: jupyterRuntimeDir(),
    log,
    onHeld: options.onHeld,
  });
  await kernels.prepare();

  const app: { fetch: (request: Request, env: unknown) => Response | Promise<Response> } = {
    fetch: () => new Response(null, { status: 503 }),
  };
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    ...(tls === null ? {} : { createServer, serverOptions: tls }),
  }) as Server;
  let port: number;
  try {
    port = await listen(server, ip, options.port);
  } catch (error) {
    await kernels.close();
    throw error;
  }
  const authenticator = new Authenticator({ token, passwordHash, port, isSecure: tls !== null });
  const upgrades = new UpgradeHandler({ server, kernels, authenticator, ip, log });
  const defaultUrl = options.defaultUrl ?? "/lab";
  app.fetch = makeApp({
    root,
    ip,
    labDir,
    defaultUrl,
    authenticator,
    contents,
    specs,
    kernels,
    sessions: new SessionManager(kernels),
    settings,
    workspaces: new JsonFolder(join(configDir, "workspaces", workspaceFolder(root))),
    config: new JsonFolder(join(configDir, "config")),
    log,
  }).fetch;

  const culler = options.cull === undefined ? null : new IdleCuller(kernels, options.cull, log);
  const baseUrl = `${tls === null ? "http" : "https"}://${hostForUrl(ip)}:${port}/`;
  let closing: Promise<void> | null = null;
  const running: RunningServer = {
    url: addToken(new URL(defaultUrl, baseUrl), token),
    baseUrl,
    token,
    port,
    trust: (path) => contents.trust(path),
    close: () => {
      culler?.close();
      closing ??= close(server, upgrades, kernels).finally(() => contents.close());
      return closing;
    },
  };
  log("info", `serving ${root} at ${baseUrl}`);
  options.onListening?.(running);
  return running;
}

async function close(
  server: Server,
  upgrades: UpgradeHandler,
  kernels: KernelManager,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await kernels.close();
  upgrades.close();
  server.closeAllConnections();
  await closed;
}

async function findPasswordHash(
  password: string | undefined,
  configDir: string,
): Promise<string | null> {
  if (password === undefined) return await readPasswordHash(configDir);
  checkPassword(password);
  return await hashPassword(password);
}

/** @returns the folder with every link resolved */
async function checkRoot(given: string): Promise<string> {
  const path = resolve(given);
  try {
    if (!(await stat(path)).isDirectory()) {
      throw new ServerError(
        `start server: expected a folder to serve, got the file ${path}. Choose a folder with --root.`,
      );
    }
    await access(path, constants.R_OK | constants.W_OK);
    return await realpath(path);
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const got = code === "ENOENT" ? `${path}, which does not exist` : `${path} (${code})`;
    const fix =
      code === "ENOENT"
        ? "Create it, or choose another with --root."
        : "Change its permissions, or choose another with --root.";
    throw new ServerError(
      `start server: expected a folder it can read and write, got ${got}. ${fix}`,
      { cause },
    );
  }
}

async function openSettings(labDir: string, folder: string): Promise<SettingsStore> {
  try {
    return await SettingsStore.open(labDir, folder);
  } catch (cause) {
    throw new ServerError(
      `start server: expected a JupyterLab build in ${labDir}, got ${(cause as Error).message}. Build it with: npm run build`,
      {
        cause,
      },
    );
  }
}

/** Offers the kernel of this package, with its logos, unless the caller named its own `vitrine`. */
async function withVitrine(
  given: Readonly<Record<string, KernelSpec>>,
  labDir: string,
  configDir: string,
): Promise<Record<string, KernelSpec>> {
  if (KERNEL_NAME in given) return { ...given };
  const folder = join(configDir, "kernels", KERNEL_NAME);
  try {
    await writeKernelspec(folder, kernelSpec(join(resolve(labDir), "..", "kernel.js")));
    const text = await readFile(join(folder, "kernel.json"), "utf8");
    return { ...given, [KERNEL_NAME]: parseKernelSpec(text, folder) };
  } catch (cause) {
    const { message } = cause as Error;
    throw new ServerError(
      `start server: expected a configuration folder it can write to, got ${message}. Change its permissions, or set VITRINE_CONFIG_DIR.`,
      { cause },
    );
  }
}

function hostForUrl(ip: string): string {
  if (ip === "0.0.0.0" || ip === "::") return "127.0.0.1";
  return ip.includes(":") ? `[${ip}]` : ip;
}

function addToken(url: URL, token: string): string {
  url.searchParams.set("token", token);
  return url.href;
}

/** Folders of one root's workspaces: tabs of another root's files would open on nothing. */
function workspaceFolder(root: string): string {
  return createHash("sha256").update(root).digest("hex").slice(0, 16);
}
