import { Readable } from "node:stream";
import { Hono } from "hono";
import { addressOf } from "../basePath.ts";
import { piecesOf } from "../contents/atomicSave.ts";
import type { Contents, GetOptions } from "../contents/contents.ts";
import { type ContentsType, modelJson } from "../contents/contentsModel.ts";
import { HttpError } from "../httpError.ts";
import { bodyBytes, jsonBody, MAX_BODY_BYTES, pathAfter, textOrNull } from "./requestBody.ts";

const TYPES = ["directory", "file", "notebook"] as const;

function one<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly T[],
): T | null {
  if (value === undefined || value === "" || value === "null") return null;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new HttpError(
      400,
      `contents: expected ${name} to be one of ${allowed.join(", ")}, got ${value}. Use one of them.`,
    );
  return found;
}

function flag(name: string, value: string | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (value !== "0" && value !== "1")
    throw new HttpError(
      400,
      `contents: expected ${name} to be 0 or 1, got ${value}. Use one of them.`,
    );
  return value === "1";
}

/** `a/b/checkpoints` and `a/b/checkpoints/<id>` are about the checkpoints of `a/b`. */
function checkpointPath(path: string): { file: string; id: string | null } | null {
  const match = /^(.+)\/checkpoints(?:\/([^/]+))?$/.exec(path);
  return match?.[1] === undefined ? null : { file: match[1], id: match[2] ?? null };
}

/** `/api/contents`: files, folders, notebooks, and one checkpoint of each. */
export function contentsRoutes(
  contentsOf: () => Contents | Promise<Contents>,
  basePath: string,
  prefix = "/api/contents",
): Hono {
  const app = new Hono();

  app.get(`${prefix}/*`, async (context) => {
    const contents = await contentsOf();
    const path = pathAfter(context, prefix);
    const checkpoint = checkpointPath(path);
    if (checkpoint !== null && checkpoint.id === null)
      return context.json(await contents.checkpoints.list(checkpoint.file));
    const query = context.req.query();
    const options: GetOptions = {
      content: flag("content", query.content, true),
      hash: flag("hash", query.hash, false),
      type: one<ContentsType>("type", query.type, TYPES),
      format: one("format", query.format, ["text", "base64", "json"]) as "text" | "base64" | null,
    };
    const model = await contents.get(path, {
      ...options,
      format: query.format === "json" ? null : options.format,
      signal: context.req.raw.signal,
    });
    context.header("Content-Type", "application/json");
    const pieces = Readable.from(piecesOf(modelJson(model)));
    return context.body(Readable.toWeb(pieces) as ReadableStream);
  });

  app.post(`${prefix}/*`, async (context) => {
    const contents = await contentsOf();
    const path = pathAfter(context, prefix);
    const checkpoint = checkpointPath(path);
    if (checkpoint !== null) {
      if (checkpoint.id === null)
        return context.json(await contents.checkpoints.create(checkpoint.file), 201);
      await contents.checkpoints.restore(checkpoint.file, checkpoint.id);
      return context.body(null, 204);
    }
    if (path.endsWith("/trust")) {
      await contents.trust(path.slice(0, -"/trust".length));
      return context.body(null, 201);
    }
    const body = await jsonBody(context);
    const from = textOrNull(body.copy_from);
    const model =
      from !== null
        ? await contents.copy(from, path)
        : await contents.createUntitled(
            path,
            one("type", textOrNull(body.type) ?? "file", TYPES) ?? "file",
            textOrNull(body.ext) ?? "",
          );
    context.header(
      "Location",
      addressOf(basePath, `${prefix}/${model.path.split("/").map(encodeURIComponent).join("/")}`),
    );
    return context.json(model, 201);
  });

  app.put(`${prefix}/*`, async (context) => {
    const contents = await contentsOf();
    const path = pathAfter(context, prefix);
    const { model, created } = await contents.saveBody(
      path,
      await bodyBytes(context, MAX_BODY_BYTES),
    );
    return context.json(model, created ? 201 : 200);
  });

  app.patch(`${prefix}/*`, async (context) => {
    const contents = await contentsOf();
    const to = textOrNull((await jsonBody(context)).path);
    if (to === null)
      throw new HttpError(
        400,
        `rename: expected "path" in the body, got nothing. Send the new path.`,
      );
    return context.json(await contents.rename(pathAfter(context, prefix), to));
  });

  app.delete(`${prefix}/*`, async (context) => {
    const contents = await contentsOf();
    const path = pathAfter(context, prefix);
    const checkpoint = checkpointPath(path);
    if (checkpoint !== null && checkpoint.id !== null)
      await contents.checkpoints.delete(checkpoint.file, checkpoint.id);
    else await contents.delete(path);
    return context.body(null, 204);
  });

  return app;
}
