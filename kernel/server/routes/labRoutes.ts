import { join } from "node:path";
import { Hono } from "hono";
import { addressOf } from "../basePath.ts";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";
import { listInTurns } from "../json/listInTurns.ts";
import type { JsonFolder } from "../lab/jsonFolder.ts";
import type { SettingsStore } from "../lab/settingsStore.ts";
import { jsonBody, MAX_KEPT_BYTES, pathAfter } from "./requestBody.ts";
import { serveFile } from "./serveFile.ts";

/** Names of built files that hold a digest of their content never change. */
const DIGEST_NAME = /[-.][A-Z0-9]{8}\.[a-z0-9]+$/;

/** A built file under `folder`; the address must not climb out of it. */
async function builtFile(folder: string, path: string, request: Request): Promise<Response> {
  const isPlain =
    path !== "" && path.split("/").every((part) => /^[\w@][\w@.+~-]*$/.test(part) && part !== "..");
  try {
    if (!isPlain) throw Object.assign(new Error("not a plain path"), { code: "ENOENT" });
    const cacheControl = DIGEST_NAME.test(path)
      ? "public, max-age=31536000, immutable"
      : "no-cache";
    return await serveFile(join(folder, ...path.split("/")), request, { cacheControl });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "EISDIR" && code !== "ENOTDIR") throw error;
    throw new HttpError(
      404,
      `lab: expected a file of the build, got ${path}. Build again with: npm run build`,
    );
  }
}

export interface LabServices {
  readonly labDir: string;
  readonly basePath: string;
  readonly settings: SettingsStore;
  readonly workspaces: JsonFolder;
}

/** What JupyterLab's own services need: its static files, themes, settings, workspaces, translations; and the documentation. */
export function labRoutes({ labDir, basePath, settings, workspaces }: LabServices): Hono {
  const app = new Hono();

  app.get("/docs", (context) => context.redirect(addressOf(basePath, "/docs/index.html")));
  app.get("/docs/*", (context) =>
    builtFile(
      join(labDir, "..", "docs"),
      pathAfter(context, "/docs") || "index.html",
      context.req.raw,
    ),
  );
  app.get("/static/lab/*", (context) =>
    builtFile(join(labDir, "static"), pathAfter(context, "/static/lab"), context.req.raw),
  );
  app.get("/lab/api/themes/*", (context) =>
    builtFile(join(labDir, "themes"), pathAfter(context, "/lab/api/themes"), context.req.raw),
  );

  app.get("/lab/api/settings/*", async (context) => {
    const id = pathAfter(context, "/lab/api/settings");
    if (id !== "") return context.json(await settings.get(id));
    const idsOnly = context.req.query("ids_only") === "true";
    const all = idsOnly ? settings.ids().map((each) => ({ id: each })) : await settings.all();
    context.header("Content-Type", "application/json");
    return context.body(`{"settings":${await listInTurns(all)}}`);
  });
  app.put("/lab/api/settings/*", async (context) => {
    await settings.save(
      pathAfter(context, "/lab/api/settings"),
      (await jsonBody(context, MAX_KEPT_BYTES)).raw,
    );
    return context.body(null, 204);
  });

  app.get("/lab/api/workspaces/*", async (context) => {
    const id = pathAfter(context, "/lab/api/workspaces");
    if (id !== "")
      return context.json((await workspaces.get(id)) ?? { data: {}, metadata: { id } });
    const values = await workspaces.all();
    const ids = JSON.stringify(values.map(workspaceId));
    context.header("Content-Type", "application/json");
    return context.body(`{"workspaces":{"ids":${ids},"values":${await listInTurns(values)}}}`);
  });
  app.put("/lab/api/workspaces/*", async (context) => {
    const id = pathAfter(context, "/lab/api/workspaces");
    if (id === "")
      throw new HttpError(
        400,
        "save workspace: expected its name in the address, got none. Add it.",
      );
    const body = await jsonBody(context, MAX_KEPT_BYTES);
    const now = new Date().toISOString();
    const old = await workspaces.get(id);
    const created = isObject(old?.metadata) ? old.metadata.created : undefined;
    const metadata = {
      ...(isObject(body.metadata) ? body.metadata : {}),
      id,
      created: created ?? now,
      last_modified: now,
    };
    await workspaces.save(id, { data: isObject(body.data) ? body.data : {}, metadata });
    return context.body(null, 204);
  });
  app.delete("/lab/api/workspaces/*", async (context) => {
    const id = pathAfter(context, "/lab/api/workspaces");
    if (!(await workspaces.delete(id)))
      throw new HttpError(
        404,
        `remove workspace: expected the name of a saved one, got ${JSON.stringify(id)}. Take one from the list.`,
      );
    return context.body(null, 204);
  });

  app.get("/lab/api/translations/*", (context) => {
    const locale = pathAfter(context, "/lab/api/translations");
    const data = locale === "" ? { en: { displayName: "English", nativeName: "English" } } : {};
    return context.json({ data, message: "" });
  });
  app.get("/lab/api/listings/*", (context) =>
    context.json({
      blocked_extensions: [],
      allowed_extensions: [],
      blocked_extensions_uris: [],
      allowed_extensions_uris: [],
    }),
  );

  return app;
}

function workspaceId(workspace: JsonObject): string {
  return isObject(workspace.metadata) ? String(workspace.metadata.id) : "";
}
