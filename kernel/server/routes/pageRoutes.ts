import { setTimeout as sleep } from "node:timers/promises";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono } from "hono";
import { addressOf } from "../basePath.ts";
import type { Contents } from "../contents/contents.ts";
import { labPageConfig, labPageHtml, readBundleConfig } from "../labPage.ts";
import { type Authenticator, parseCookies } from "../security/authentication.ts";
import { pagePolicy } from "../security/contentSecurityPolicy.ts";
import { loginPage } from "../security/loginPage.ts";
import { safeNextPath } from "../security/safeNextPath.ts";
import type { ServerLog } from "../serverLog.ts";
import { pathAfter } from "./requestBody.ts";

/** Slows down whoever guesses. */
const WRONG_LOGIN_MS = 500;

export interface PageServices {
  readonly root: string;
  readonly labDir: string;
  readonly basePath: string;
  /** As the routes know it. */
  readonly defaultUrl: string;
  readonly authenticator: Authenticator;
  readonly contents: Contents;
  readonly log: ServerLog;
}

/** Reads what follows `/lab`: nothing, `tree/P`, `workspaces/W` or `workspaces/W/tree/P`; null for anything else. */
function parsePagePath(path: string): { workspace: string; treePath: string } | null {
  const found = /^(?:workspaces\/([^/]+))?\/?(?:tree(?:\/(.*))?)?$/.exec(path);
  if (found === null) return null;
  const [, workspace = "default", treePath = ""] = found;
  return { workspace, treePath };
}

/** The pages a person opens: JupyterLab and the login form. */
export function pageRoutes(services: PageServices): Hono {
  const { root, labDir, basePath, authenticator, contents, log } = services;
  const defaultUrl = addressOf(basePath, services.defaultUrl);
  const action = addressOf(basePath, "/login");
  const app = new Hono();

  const lab = async (context: Context) => {
    const page = parsePagePath(pathAfter(context, "/lab"));
    if (page === null) return context.notFound();
    const { workspace, treePath } = page;
    const config = labPageConfig(
      {
        root,
        treePath,
        workspace,
        mode: "multiple-document",
        hasTrash: contents.hasTrash,
        basePath,
      },
      await readBundleConfig(labDir),
    );
    context.header("Content-Security-Policy", pagePolicy(context.req.header("host")));
    if (parseCookies(context.req.header("cookie"))._xsrf === undefined) {
      context.header("Set-Cookie", authenticator.xsrfCookieHeader(), { append: true });
    }
    return context.html(labPageHtml(config, basePath));
  };

  app.get("/", (context) => context.redirect(defaultUrl));
  app.get("/lab", lab);
  app.get("/lab/*", async (context, next) =>
    context.req.path.startsWith("/lab/api/") ? await next() : await lab(context),
  );

  const { hasPassword, limiter } = authenticator;
  const secret = hasPassword ? "the password or the token" : "the token";

  app.get("/login", (context) => {
    const next = safeNextPath(context.req.query("next"), defaultUrl, basePath);
    return context.html(loginPage({ next, action, hasPassword }));
  });
  app.post("/login", async (context) => {
    const form = new URLSearchParams(await context.req.text());
    const next = safeNextPath(form.get("next"), defaultUrl, basePath);
    const address = getConnInfo(context).remote.address ?? "";
    const waitMs = limiter.take(address);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      context.header("Retry-After", `${seconds}`);
      const alert = `Too many wrong tries from this address. Wait ${seconds} s.`;
      return context.html(loginPage({ next, action, hasPassword, alert }), 429);
    }
    if (!(await authenticator.mayLogIn(form.get("token") ?? ""))) {
      log("warn", `login: expected ${secret}, got another from ${address}`);
      await sleep(WRONG_LOGIN_MS);
      const alert = `This is not ${secret} of this server.`;
      return context.html(loginPage({ next, action, hasPassword, alert }), 401);
    }
    limiter.forgive(address);
    context.header("Set-Cookie", authenticator.setCookieHeader(), { append: true });
    return context.redirect(next, 303);
  });
  app.get("/logout", async (context) => {
    await authenticator.logOut(parseCookies(context.req.header("cookie")));
    context.header("Set-Cookie", authenticator.clearCookieHeader(), { append: true });
    return context.redirect(action);
  });

  return app;
}
