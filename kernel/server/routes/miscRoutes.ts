import { userInfo } from "node:os";
import { Hono } from "hono";
import type { Contents } from "../contents/contents.ts";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import type { KernelManager } from "../kernels/kernelManager.ts";
import type { JsonFolder } from "../lab/jsonFolder.ts";
import { jsonBody, MAX_KEPT_BYTES, pathAfter } from "./requestBody.ts";

/** Version of the Jupyter Server REST API that is spoken here. */
const API_VERSION = "2.17.0";

/** Merges as Jupyter's config does: objects member by member, null deletes. */
function merge(target: JsonObject, change: JsonObject): JsonObject {
  const merged = { ...target };
  for (const [name, value] of Object.entries(change)) {
    const old = merged[name];
    if (value === null) delete merged[name];
    else merged[name] = isObject(value) ? merge(isObject(old) ? old : {}, value) : value;
  }
  return merged;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "user"; // a user id without an entry in the system's user list
  }
}

/** Who and what this server is, and the notebook configuration sections. */
export function miscRoutes(contents: Contents, kernels: KernelManager, config: JsonFolder): Hono {
  const app = new Hono();
  const started = new Date().toISOString();

  app.get("/api", (context) => context.json({ version: API_VERSION }));
  app.get("/api/", (context) => context.json({ version: API_VERSION }));

  app.get("/api/status", (context) => {
    const all = kernels.all();
    const lastActivityMs = Math.max(
      Date.parse(started),
      ...all.map((kernel) => kernel.lastActivityMs),
    );
    return context.json({
      connections: all.reduce((sum, kernel) => sum + kernel.hub.connectionCount, 0),
      kernels: all.length,
      last_activity: new Date(lastActivityMs).toISOString(),
      started,
    });
  });

  app.get("/api/me", (context) => {
    const name = userName();
    const initials = name.slice(0, 1).toUpperCase();
    const identity = {
      username: name,
      name,
      display_name: name,
      initials,
      avatar_url: null,
      color: null,
    };
    return context.json({ identity, permissions: {} });
  });

  app.get("/api/config/*", async (context) =>
    context.json((await config.get(pathAfter(context, "/api/config"))) ?? {}),
  );
  app.on(["PUT", "PATCH"], "/api/config/*", async (context) => {
    const section = pathAfter(context, "/api/config");
    const body = await jsonBody(context, MAX_KEPT_BYTES);
    const old = context.req.method === "PUT" ? {} : ((await config.get(section)) ?? {});
    const merged = merge(old, body);
    await config.save(section, merged);
    return context.json(merged);
  });

  app.get("/api/nbconvert", (context) => context.json({}));

  app.get("/api/resolvePath", async (context) => {
    const kernelId = context.req.query("kernel") ?? "";
    const folder = kernels.has(kernelId) ? kernels.get(kernelId).cwd : null;
    const path = await contents.apiPathOf(context.req.query("path") ?? "", folder);
    return context.json({
      resolved: path === null ? [] : [{ path, scope: "server" }],
      unresolved: [],
    });
  });

  return app;
}
