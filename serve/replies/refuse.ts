import type { Context } from "hono";
import type { ApiError } from "../apiError.ts";

/** Answers with a refusal, in the form that OpenAI's clients read. */
export function refuse(context: Context, refusal: ApiError): Response {
  if (refusal.retryAfter !== null) context.header("Retry-After", `${refusal.retryAfter}`);
  return context.json(refusal.body, refusal.status as 400);
}
