import { Hono } from "hono";
import { ApiError } from "../apiError.ts";
import { CONTENT_TYPE } from "../prometheus.ts";
import type { Service } from "../service.ts";

/** What is served, and how it does. */
export function stateRoutes(service: Service): Hono {
  const routes = new Hono();
  const model = () => ({
    id: service.name,
    object: "model",
    created: service.created,
    owned_by: "vitrine",
    context_length: service.batch.contextLength,
  });

  routes.get("/v1/models", (context) => context.json({ object: "list", data: [model()] }));
  // Ids of the hub have a slash in them.
  routes.get("/v1/models/:id{.+}", (context) => {
    const id = context.req.param("id");
    if (id === service.name) return context.json(model());
    throw new ApiError(
      404,
      `model: expected ${JSON.stringify(service.name)}, which is served here, got ${JSON.stringify(id)}. /v1/models lists it.`,
      { param: "model", code: "model_not_found" },
    );
  });

  routes.get("/health", (context) => {
    const { running, waiting } = service.batch;
    const status = service.admission.isClosed ? "stopping" : "ok";
    return context.json({ status, running, waiting }, status === "ok" ? 200 : 503);
  });

  routes.get("/metrics", (context) =>
    context.body(service.metrics.text(), 200, { "Content-Type": CONTENT_TYPE }),
  );
  return routes;
}
