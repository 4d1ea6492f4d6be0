import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { readTarget } from "../basePath.ts";
import type { JsonProcess } from "../json/jsonProcess.ts";
import type { KernelManager } from "../kernels/kernelManager.ts";
import { type Authenticator, parseCookies, TooManyTries } from "../security/authentication.ts";
import { isAllowedHost, isSameOrigin } from "../security/hostCheck.ts";
import type { ServerLog } from "../serverLog.ts";
import { legacyProtocol } from "./legacyProtocol.ts";
import { shortenFrames } from "./shortFrames.ts";
import { V1_PROTOCOL, v1Protocol } from "./v1Protocol.ts";
import { MAX_MESSAGE_BYTES } from "./webSocketProtocol.ts";

const EVENTS = "/api/events/subscribe";
const CHANNELS = /^\/api\/kernels\/([^/]+)\/channels$/;

export interface UpgradeOptions {
  readonly kernels: KernelManager;
  readonly authenticator: Authenticator;
  readonly json: JsonProcess;
  readonly ip: string;
  readonly basePath: string;
  readonly log: ServerLog;
}

/** Accepts the WebSockets of kernels and of events, under the same rules as requests that change something. */
export class UpgradeHandler {
  readonly #options: UpgradeOptions;
  readonly #webSockets: WebSocketServer;
  /** The WebSockets of a login, which end with it. */
  readonly #ofLogin = new Map<string, Set<WebSocket>>();

  constructor(options: UpgradeOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: (offered) => (offered.has(V1_PROTOCOL) ? V1_PROTOCOL : false),
    });
    options.authenticator.onLogout((login) => {
      for (const webSocket of this.#ofLogin.get(login) ?? []) webSocket.close(1008, "logged out");
    });
  }

  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
  }

  close(): void {
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
    this.#webSockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { kernels, log } = this.#options;
    socket.on("error", (error) => {
      log("debug", `WebSocket: the connection failed: ${error.message}`);
    });
    const { basePath, authenticator } = this.#options;
    const target = readTarget(request.url ?? "/", request.headers.host, basePath);
    if ("status" in target) {
      refuse(socket, target.status === 400 ? 400 : 404, "an address of this server");
      return;
    }
    const url = new URL(`http://server.invalid${target.path}`);
    const login = authenticator.loginOf(parseCookies(request.headers.cookie));
    const refusal = this.#refusal(request, url);
    if (refusal !== null) {
      refuse(socket, refusal.status, refusal.expected);
      return;
    }
    if (url.pathname === EVENTS) {
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        keepOpen(webSocket);
        this.#remember(login, webSocket);
      });
      return;
    }
    const { json } = this.#options;
    const id = CHANNELS.exec(url.pathname)?.[1] ?? "";
    const sessionId = url.searchParams.get("session_id") ?? crypto.randomUUID();
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      shortenFrames(socket);
      const protocol = webSocket.protocol === V1_PROTOCOL ? v1Protocol : legacyProtocol(json);
      kernels.get(id).hub.attach(sessionId, webSocket, protocol);
      this.#remember(login, webSocket);
    });
  }

  #remember(login: string | null, webSocket: WebSocket): void {
    if (login === null) return;
    const open = this.#ofLogin.get(login) ?? new Set();
    this.#ofLogin.set(login, open.add(webSocket));
    webSocket.on("close", () => {
      open.delete(webSocket);
      if (open.size === 0) this.#ofLogin.delete(login);
    });
  }

  #refusal(request: IncomingMessage, url: URL): { status: number; expected: string } | null {
    const { authenticator, ip, kernels } = this.#options;
    const { host, origin, authorization, cookie } = request.headers;
    if (!isAllowedHost(host, ip))
      return { status: 403, expected: "a Host header that names this computer" };
    if (!isSameOrigin(origin, host))
      return { status: 403, expected: "a page of this server as Origin" };
    const credentials = {
      authorization,
      cookies: parseCookies(cookie),
      queryToken: url.searchParams.get("token"),
    };
    try {
      if (authenticator.prove(credentials, request.socket.remoteAddress ?? "") === null)
        return { status: 403, expected: "the server's token" };
    } catch (error) {
      if (!(error instanceof TooManyTries)) throw error;
      return { status: 429, expected: `to wait ${error.waitSeconds} s after wrong tokens` };
    }
    if (url.pathname === EVENTS) return null;
    const id = CHANNELS.exec(url.pathname)?.[1];
    return id !== undefined && kernels.has(id)
      ? null
      : { status: 404, expected: "the id of a running kernel" };
  }
}

/** The server publishes no events of its own; the connection stays open and silent. */
function keepOpen(webSocket: WebSocket): void {
  webSocket.on("error", () => {
    webSocket.terminate();
  });
}

function refuse(socket: Duplex, status: number, expected: string): void {
  const reason =
    { 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests" }[status] ??
    "";
  const body = JSON.stringify({
    message: `WebSocket: expected ${expected}, got none or another. Open the address that the server printed.`,
  });
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
