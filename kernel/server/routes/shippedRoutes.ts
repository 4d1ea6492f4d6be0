import { Hono } from "hono";
import type { Contents } from "../contents/contents.ts";
import type { ShippedNotebooks } from "../shippedNotebooks.ts";
import { contentsRoutes } from "./contentsRoutes.ts";
import { jsonBody, textOrNull } from "./requestBody.ts";

/** The notebooks that come with the package, and their temporary copies as a second set of contents. */
export function shippedRoutes(
  shipped: ShippedNotebooks,
  contents: Contents,
  basePath: string,
): Hono {
  const app = new Hono();
  app.get("/api/vitrine/notebooks", async (context) => context.json(await shipped.list()));
  app.post("/api/vitrine/notebooks/:name", async (context) => {
    const folder = textOrNull((await jsonBody(context)).folder) ?? "";
    return context.json(await shipped.copyTo(contents, folder, context.req.param("name")), 201);
  });
  app.route(
    "/",
    contentsRoutes(() => shipped.temporary(), basePath, "/api/vitrine/contents"),
  );
  return app;
}
