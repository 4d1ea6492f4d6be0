import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { labPageConfig, labPageHtml, readBundleConfig } from "../labPage.ts";
import { type Authenticator, parseCookies } from "../security/authentication.ts";
import { pagePolicy } from "../security/contentSecurityPolicy.ts";
import { loginPage, safeNextPath } from "../security/loginPage.ts";
import { randomToken } from "../security/secrets.ts";
import { pathAfter } from "./requestBody.ts";

/** Slows down whoever guesses. */
const WRONG_TOKEN_MS = 500;

export interface PageServices {
  readonly root: string;
  readonly labDir: string;
  readonly defaultUrl: string;
  readonly authenticator: Authenticator;
}

/** Reads what follows `/lab`: nothing, `tree/P`, `workspaces/W` or `workspaces/W/tree/P`; null for anything else. */
function parsePagePath(path: string): { workspace: string; treePath: string } | null {
  const found = /^(?:workspaces\/([^/]+))?\/?(?:tree(?:\/(.*))?)?$/.exec(path);
  if (found === null) return null;
  const [, workspace = "default", treePath = ""] = found;
  return { workspace, treePath };
}

/** The pages a person opens: JupyterLab and the login form. */
export function pageRoutes({ root, labDir, defaultUrl, authenticator }: PageServices): Hono {
  const app = new Hono();

  const lab = async (context: Context) => {
    const page = parsePagePath(pathAfter(context, "/lab"));
    if (page === null) return context.notFound();
    const { workspace, treePath } = page;
    const config = labPageConfig(
      { root, treePath, workspace, mode: "multiple-document" },
      await readBundleConfig(labDir),
    );
    context.header("Content-Security-Policy", pagePolicy(context.req.header("host")));
    if (parseCookies(context.req.header("cookie"))._xsrf === undefined) {
      context.header("Set-Cookie", `_xsrf=${randomToken()}; Path=/; SameSite=Lax`, {
        append: true,
      });
    }
    return context.html(labPageHtml(config));
  };

  app.get("/", (context) => context.redirect(defaultUrl));
  app.get("/lab", lab);
  app.get("/lab/*", async (context, next) =>
    context.req.path.startsWith("/lab/api/") ? await next() : await lab(context),
  );

  app.get("/login", (context) =>
    context.html(loginPage(safeNextPath(context.req.query("next"), defaultUrl), false)),
  );
  app.post("/login", async (context) => {
    const form = new URLSearchParams(await context.req.text());
    const next = safeNextPath(form.get("next"), defaultUrl);
    if (!authenticator.isToken(form.get("token") ?? "")) {
      await sleep(WRONG_TOKEN_MS);
      return context.html(loginPage(next, true), 401);
    }
    context.header("Set-Cookie", authenticator.setCookieHeader(), { append: true });
    return context.redirect(next, 303);
  });
  app.get("/logout", (context) => {
    context.header("Set-Cookie", authenticator.clearCookieHeader(), { append: true });
    return context.redirect("/login");
  });

  return app;
}
