import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ApiError, apiErrorOf } from "./apiError.ts";
import { guard } from "./guard.ts";
import { refuse } from "./replies/refuse.ts";
import { generationRoutes } from "./routes/generationRoutes.ts";
import { stateRoutes } from "./routes/stateRoutes.ts";
import type { Service } from "./service.ts";

/** More than a prompt that fits can have: longer ones are not read, so that nobody waits while they are. */
const mostBodyBytes = (contextLength: number): number => 2 ** 20 + 64 * contextLength;

/** Where refused requests are counted beside those that were let in. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  "POST /v1/chat/completions": "chat",
  "POST /v1/completions": "completions",
};

/** Every endpoint behind one guard; errors have the form that OpenAI's clients read. */
export function makeApp(service: Service, token: string | null, host: string): Hono {
  const app = new Hono();

  app.onError((error, context) => {
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return context.body(null, 400);
    const refusal = apiErrorOf(error);
    const { method, path } = context.req;
    if (refusal.status === 500)
      service.log("error", `${method} ${path}: ${error.stack ?? error.message}`);
    const endpoint = ENDPOINTS[`${method} ${path}`];
    if (endpoint !== undefined) service.metrics.requests.inc({ endpoint, status: refusal.status });
    return refuse(context, refusal);
  });
  app.notFound((context) => {
    const { method, path } = context.req;
    const message = `${method} ${path}: expected an address of this server, got another. It has POST /v1/chat/completions and /v1/completions, GET /v1/models, /health and /metrics.`;
    return context.json(new ApiError(404, message, { code: "not_found" }).body, 404);
  });

  app.use(guard(token, host));
  const maxSize = mostBodyBytes(service.batch.contextLength);
  app.use(
    bodyLimit({
      maxSize,
      onError: (context) => {
        context.header("Connection", "close"); // what was not read would be taken for the next request
        throw new ApiError(
          413,
          `request: expected a body of at most ${maxSize} bytes, got a longer one. Shorten the prompt.`,
          { code: "request_too_large" },
        );
      },
    }),
  );
  app.route("/", stateRoutes(service));
  app.route("/", generationRoutes(service));
  return app;
}
