import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join, resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { KERNEL_NAME, kernelSpec, writeKernelspec } from "../install/kernelspec.ts";
import { makeApp } from "./app.ts";
import { addressOf, basePathOf, readTarget } from "./basePath.ts";
import { UpgradeHandler } from "./channels/upgrade.ts";
import { Contents } from "./contents/contents.ts";
import { Trash } from "./contents/trash.ts";
import { TrustStore } from "./contents/trustStore.ts";
import { JsonProcess } from "./json/jsonProcess.ts";
import { IdleCuller } from "./kernels/idleCuller.ts";
import { jupyterDataDirs, jupyterRuntimeDir, vitrineConfigDir } from "./kernels/jupyterPaths.ts";
import { KernelManager } from "./kernels/kernelManager.ts";
import type { KernelSpec } from "./kernels/kernelSpec.ts";
import { KernelSpecs, parseKernelSpec } from "./kernels/kernelSpecs.ts";
import { JsonFolder } from "./lab/jsonFolder.ts";
import { SettingsStore } from "./lab/settingsStore.ts";
import { listen } from "./listen.ts";
import { makeFolder } from "./makeFolder.ts";
import { Authenticator } from "./security/authentication.ts";
import { EndedLogins } from "./security/endedLogins.ts";
import { isLoopback } from "./security/hostCheck.ts";
import { checkPassword, readPasswordHash } from "./security/passwordFile.ts";
import { hashPassword } from "./security/passwordHash.ts";
import { randomToken } from "./security/secrets.ts";
import { readTls } from "./security/tls.ts";
import { ServerError } from "./serverError.ts";
import type { RunningServer, ServerOptions } from "./serverOptions.ts";
import { SessionManager } from "./sessions/sessionManager.ts";
import { ShippedNotebooks } from "./shippedNotebooks.ts";

/** What a person can type is too easily guessed by whoever can ask as often as they like. */
const SHORTEST_PUBLIC_TOKEN = 16;

export type { KernelSpec } from "./kernels/kernelSpec.ts";
export type { RunningServer, ServerOptions } from "./serverOptions.ts";

/**
 * Starts a Jupyter server: files, kernels and JupyterLab over HTTP and WebSockets, for whoever has the token.
 * @throws ServerError ERR_SERVER if the root is no folder that can be read, the build is missing, or the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log, labDir } = options;
  const ip = options.ip ?? "localhost";
  const basePath = basePathOf(options.baseUrl ?? "/");
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
  const { root, isWritable } = await checkRoot(options.root);
  const configDir = options.configDir ?? vitrineConfigDir();
  await makeConfigDir(configDir);
  const passwordHash = await findPasswordHash(options.password, configDir);
  const settings = await openSettings(labDir, join(configDir, "settings"));
  const trust = new TrustStore(join(configDir, "trust"));
  const json = new JsonProcess(
    options.json ?? { script: join(resolve(labDir), "..", "json-process.js") },
    log,
  );
  const shipped = await ShippedNotebooks.open(options.notebooksDir ?? null, root, trust, json);
  const contents = new Contents(
    root,
    trust,
    json,
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
  const answer = getRequestListener((request, env) => app.fetch(request, env));
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const target = readTarget(request.url ?? "", request.headers.host, basePath);
    if ("status" in target) {
      refuseTarget(response, target.status, "location" in target ? target.location : null);
      return;
    }
    request.url = target.path;
    void answer(request, response);
  };
  const makeServer = (): Server =>
    tls === null ? createServer(onRequest) : (createTlsServer(tls, onRequest) as Server);
  const { port, servers } = await listen(makeServer, ip, options.port).catch(async (error) => {
    await kernels.close();
    throw error;
  });
  const authenticator = new Authenticator({
    token,
    passwordHash,
    port,
    isSecure: tls !== null,
    basePath,
    ended: await EndedLogins.open(join(configDir, "ended-logins")),
  });
  const upgrades = new UpgradeHandler({ kernels, authenticator, json, ip, basePath, log });
  for (const server of servers) upgrades.attach(server);
  const defaultUrl = options.defaultUrl ?? "/lab";
  app.fetch = makeApp({
    root,
    ip,
    labDir,
    basePath,
    defaultUrl,
    authenticator,
    contents,
    shipped,
    specs,
    kernels,
    sessions: new SessionManager(kernels),
    settings,
    workspaces: new JsonFolder(join(configDir, "workspaces", workspaceFolder(root))),
    config: new JsonFolder(join(configDir, "config")),
    log,
  }).fetch;

  const culler = options.cull === undefined ? null : new IdleCuller(kernels, options.cull, log);
  const baseUrl = `${tls === null ? "http" : "https"}://${hostForUrl(ip)}:${port}${basePath}`;
  let closing: Promise<void> | null = null;
  const running: RunningServer = {
    url: addToken(new URL(addressOf(basePath, defaultUrl), baseUrl), token),
    baseUrl,
    token,
    port,
    isWritable,
    trust: (path) => contents.trust(path),
    close: () => {
      culler?.close();
      closing ??= close(servers, upgrades, kernels).finally(async () => {
        json.close();
        await contents.close();
        await shipped.close();
      });
      return closing;
    },
  };
  log("info", `serving ${root} at ${baseUrl}`);
  options.onListening?.(running);
  return running;
}

async function close(
  servers: readonly Server[],
  upgrades: UpgradeHandler,
  kernels: KernelManager,
): Promise<void> {
  const closed = servers.map(
    (server) => new Promise<void>((resolve) => server.close(() => resolve())),
  );
  await kernels.close();
  upgrades.close();
  for (const server of servers) server.closeAllConnections();
  await Promise.all(closed);
}

/** Answers a request whose target is no address below the base path. */
function refuseTarget(response: ServerResponse, status: number, location: string | null): void {
  const message =
    status === 400
      ? "request: expected a path of this server as its target, got something else. Open the address that the server printed."
      : "request: expected an address below the server's base path, got another. Open the address that the server printed.";
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    ...(location === null ? {} : { Location: location }),
  });
  response.end(location === null ? JSON.stringify({ message, reason: null }) : "");
}

async function makeConfigDir(configDir: string): Promise<void> {
  try {
    await makeFolder(configDir);
  } catch (cause) {
    throw configDirError(cause);
  }
}

function configDirError(cause: unknown): ServerError {
  const { message } = cause as Error;
  return new ServerError(
    `start server: expected a configuration folder it can write to, got ${message}. Change its permissions, or set VITRINE_CONFIG_DIR.`,
    { cause },
  );
}

async function findPasswordHash(
  password: string | undefined,
  configDir: string,
): Promise<string | null> {
  if (password === undefined) return await readPasswordHash(configDir);
  checkPassword(password);
  return await hashPassword(password);
}

/** @returns the folder with every link resolved, and whether anything can be saved in it */
async function checkRoot(given: string): Promise<{ root: string; isWritable: boolean }> {
  const path = resolve(given);
  try {
    if (!(await stat(path)).isDirectory()) {
      throw new ServerError(
        `start server: expected a folder to serve, got the file ${path}. Choose a folder with --root.`,
      );
    }
    await access(path, constants.R_OK | constants.X_OK);
    const isWritable = await access(path, constants.W_OK).then(
      () => true,
      () => false,
    );
    return { root: await realpath(path), isWritable };
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const got = code === "ENOENT" ? `${path}, which does not exist` : `${path} (${code})`;
    const fix =
      code === "ENOENT"
        ? "Create it, or choose another with --root."
        : "Change its permissions, or choose another with --root.";
    throw new ServerError(`start server: expected a folder it can read, got ${got}. ${fix}`, {
      cause,
    });
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
    throw configDirError(cause);
  }
}

function hostForUrl(ip: string): string {
  if (ip === "0.0.0.0" || ip === "::" || ip === "localhost") return "127.0.0.1";
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
