import { Hono } from "hono";
import type { Contents } from "./contents/contents.ts";
import { fileSystemError, HttpError } from "./httpError.ts";
import type { KernelManager } from "./kernels/kernelManager.ts";
import type { KernelSpecs } from "./kernels/kernelSpecs.ts";
import type { JsonFolder } from "./lab/jsonFolder.ts";
import type { SettingsStore } from "./lab/settingsStore.ts";
import { contentsRoutes } from "./routes/contentsRoutes.ts";
import { filesRoutes } from "./routes/filesRoutes.ts";
import { kernelRoutes } from "./routes/kernelRoutes.ts";
import { labRoutes } from "./routes/labRoutes.ts";
import { miscRoutes } from "./routes/miscRoutes.ts";
import { pageRoutes } from "./routes/pageRoutes.ts";
import { shippedRoutes } from "./routes/shippedRoutes.ts";
import type { Authenticator } from "./security/authentication.ts";
import { guard } from "./security/guard.ts";
import type { ServerLog } from "./serverLog.ts";
import type { SessionManager } from "./sessions/sessionManager.ts";
import type { ShippedNotebooks } from "./shippedNotebooks.ts";

export interface AppServices {
  readonly root: string;
  readonly ip: string;
  readonly labDir: string;
  readonly basePath: string;
  readonly defaultUrl: string;
  readonly authenticator: Authenticator;
  readonly contents: Contents;
  readonly shipped: ShippedNotebooks;
  readonly specs: KernelSpecs;
  readonly kernels: KernelManager;
  readonly sessions: SessionManager;
  readonly settings: SettingsStore;
  readonly workspaces: JsonFolder;
  readonly config: JsonFolder;
  readonly log: ServerLog;
}

/** Every HTTP endpoint of the server behind one guard; errors become `{ message, reason }`. */
export function makeApp(services: AppServices): Hono {
  const { authenticator, basePath, contents, shipped, specs, kernels, sessions, config, ip, log } =
    services;
  const app = new Hono();

  app.onError((error, context) => {
    const { method, path } = context.req;
    const refusal = fileSystemError(`${method} ${path}`, "", error);
    if (refusal instanceof HttpError) {
      log("debug", `${method} ${path}: ${refusal.status} ${refusal.message}`);
      return context.json(
        { message: refusal.message, reason: refusal.reason },
        refusal.status as 400,
      );
    }
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") {
      log("debug", `${method} ${path}: the client went away before it had said everything`);
      return context.body(null, 400);
    }
    log("error", `${method} ${path}: ${error.stack ?? error.message}`);
    const message = `${method} ${path}: expected to succeed, got ${error.message}. The server's log says where.`;
    return context.json({ message, reason: null }, 500);
  });
  app.notFound((context) => {
    const message = `${context.req.method} ${context.req.path}: expected an address of this server, got another. Check it.`;
    return context.json({ message, reason: null }, 404);
  });

  app.use(guard(authenticator, ip, basePath));
  app.route("/", pageRoutes(services));
  app.route("/", labRoutes(services));
  app.route(
    "/",
    contentsRoutes(() => contents, basePath),
  );
  app.route("/", shippedRoutes(shipped, contents, basePath));
  app.route("/", filesRoutes(contents));
  app.route("/", kernelRoutes(specs, kernels, sessions, basePath));
  app.route("/", miscRoutes(contents, kernels, config));
  return app;
}
