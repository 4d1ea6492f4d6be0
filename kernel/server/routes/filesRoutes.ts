import { Hono } from "hono";
import type { Contents } from "../contents/contents.ts";
import { fileSystemError } from "../httpError.ts";
import { FILE_POLICY } from "../security/contentSecurityPolicy.ts";
import { pathAfter } from "./requestBody.ts";
import { serveOpened } from "./serveFile.ts";

const PREFIX = "/files";

/** `/files/<path>`: the bytes of a file, with ranges; `?download=1` saves instead of showing. */
export function filesRoutes(contents: Contents): Hono {
  const app = new Hono();
  app.get(`${PREFIX}/*`, async (context) => {
    const path = pathAfter(context, PREFIX);
    const name = encodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
    const download =
      (context.req.query("download") ?? "") !== "" && context.req.query("download") !== "0";
    try {
      return await serveOpened(await contents.open(path), context.req.raw, {
        cacheControl: "no-cache",
        onPiece: contents.onPiece,
        headers: {
          "Content-Security-Policy": FILE_POLICY,
          ...(download ? { "Content-Disposition": `attachment; filename*=UTF-8''${name}` } : {}),
        },
      });
    } catch (error) {
      throw fileSystemError("open", path, error);
    }
  });
  return app;
}
