import { join } from "node:path";
import { Hono } from "hono";
import { addressOf } from "../basePath.ts";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";
import type { KernelManager } from "../kernels/kernelManager.ts";
import { isKernelResource, type KernelSpecs, kernelSpecModel } from "../kernels/kernelSpecs.ts";
import type { SessionManager, SessionRequest } from "../sessions/sessionManager.ts";
import { jsonBody, textOrNull } from "./requestBody.ts";
import { serveFile } from "./serveFile.ts";

function sessionRequest(body: JsonObject): SessionRequest {
  const notebook = isObject(body.notebook) ? body.notebook : {};
  const kernel = isObject(body.kernel) ? body.kernel : {};
  return {
    path: textOrNull(body.path) ?? textOrNull(notebook.path),
    name: textOrNull(body.name) ?? textOrNull(notebook.name),
    type: textOrNull(body.type),
    kernelId: textOrNull(kernel.id),
    kernelName: textOrNull(kernel.name),
  };
}

/** `/api/kernelspecs`, `/api/kernels`, `/api/sessions`. */
export function kernelRoutes(
  specs: KernelSpecs,
  kernels: KernelManager,
  sessions: SessionManager,
  basePath: string,
): Hono {
  const app = new Hono();

  app.get("/api/kernelspecs", async (context) => {
    const models = [...(await specs.all())].map(async ([name, spec]) => [
      name,
      await kernelSpecModel(name, spec, basePath),
    ]);
    const kernelspecs = Object.fromEntries(await Promise.all(models)) as Record<string, unknown>;
    return context.json({ default: specs.defaultName, kernelspecs });
  });

  const findSpec = async (name: string) => {
    const spec = await specs.find(name);
    if (spec === null)
      throw new HttpError(
        404,
        `kernelspec: expected the name of an installed kernel, got ${name}. Take one from the list.`,
      );
    return spec;
  };

  app.get("/api/kernelspecs/:name", async (context) => {
    const name = context.req.param("name");
    return context.json(await kernelSpecModel(name, await findSpec(name), basePath));
  });

  app.get("/kernelspecs/:name/:file", async (context) => {
    const { resourceDir } = await findSpec(context.req.param("name"));
    const file = context.req.param("file");
    if (resourceDir === null || !isKernelResource(file))
      throw new HttpError(
        404,
        `kernelspec: expected a logo of the kernel, got ${file}. Take one from the list.`,
      );
    return await serveFile(join(resourceDir, file), context.req.raw, {
      cacheControl: "max-age=3600",
    });
  });

  app.get("/api/kernels", (context) => context.json(kernels.all().map((kernel) => kernel.model())));

  app.post("/api/kernels", async (context) => {
    const body = await jsonBody(context);
    const kernel = await kernels.start(textOrNull(body.name), textOrNull(body.path) ?? "");
    context.header("Location", addressOf(basePath, `/api/kernels/${kernel.id}`));
    return context.json(kernel.model(), 201);
  });

  app.get("/api/kernels/:id", (context) =>
    context.json(kernels.get(context.req.param("id")).model()),
  );

  app.delete("/api/kernels/:id", async (context) => {
    await kernels.shutdown(context.req.param("id"));
    return context.body(null, 204);
  });

  app.post("/api/kernels/:id/interrupt", async (context) => {
    const kernel = kernels.get(context.req.param("id"));
    await withMessage(() => kernel.interrupt());
    return context.body(null, 204);
  });

  app.post("/api/kernels/:id/restart", async (context) => {
    const kernel = kernels.get(context.req.param("id"));
    await withMessage(() => kernel.restart());
    return context.json(kernel.model());
  });

  app.get("/api/sessions", (context) => context.json(sessions.all()));

  app.post("/api/sessions", async (context) => {
    const session = await sessions.start(sessionRequest(await jsonBody(context)));
    context.header("Location", addressOf(basePath, `/api/sessions/${session.id}`));
    return context.json(session, 201);
  });

  app.get("/api/sessions/:id", (context) => context.json(sessions.get(context.req.param("id"))));

  app.patch("/api/sessions/:id", async (context) =>
    context.json(
      await sessions.update(context.req.param("id"), sessionRequest(await jsonBody(context))),
    ),
  );

  app.delete("/api/sessions/:id", async (context) => {
    await sessions.delete(context.req.param("id"));
    return context.body(null, 204);
  });

  return app;
}

/** Why a kernel failed is for its user to read. */
async function withMessage(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    throw new HttpError(500, (cause as Error).message, { cause });
  }
}
