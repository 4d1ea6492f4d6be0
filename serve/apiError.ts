import { AbortedError, BackendError, ConfigError, InputError } from "../engine/index.ts";

interface Details {
  /** As OpenAI's API classes errors. */
  readonly type?: string;
  /** The field of the request that is at fault. */
  readonly param?: string | null;
  readonly code?: string | null;
  /** After how many seconds it may be worth to ask again. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** A refusal with its HTTP status, in the form that OpenAI's clients read. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly retryAfter: number | null;

  constructor(status: number, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ApiError";
    this.status = status;
    this.type = details.type ?? "invalid_request_error";
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.retryAfter = details.retryAfter ?? null;
  }

  get body() {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

/** What is wrong with a field. @param param as the request names it */
export function fieldError(param: string, expected: string, got: unknown, fix: string): ApiError {
  const shown = got === undefined ? "nothing" : JSON.stringify(got);
  const short = shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
  const message = `${param}: expected ${expected}, got ${short}. ${fix}`;
  return new ApiError(400, message, { param, code: "invalid_value" });
}

/** The server ends: told to whoever comes, and to whoever waits for more than it gives them time. */
export function stopping(): ApiError {
  return new ApiError(
    503,
    "request: expected a server that stays, got one that is ending. Ask again when it is back.",
    { type: "server_error", code: "server_stopping", retryAfter: 5 },
  );
}

const PROMPT_ERRORS: Readonly<Record<string, string>> = {
  ERR_PROMPT_TOO_LONG: "context_length_exceeded",
};

/** What the engine refuses, as a refusal of the request, or a failure of the server. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof InputError && error.code !== "ERR_LOGITS") {
    const code = PROMPT_ERRORS[error.code] ?? error.code.toLowerCase();
    return new ApiError(400, error.message, { code, cause: error });
  }
  if (error instanceof ConfigError)
    return new ApiError(400, error.message, { code: error.code.toLowerCase(), cause: error });
  if (error instanceof AbortedError) return stopping();
  if (error instanceof BackendError && error.code === "ERR_OUT_OF_MEMORY")
    return new ApiError(503, error.message, {
      ...{ type: "server_error", code: "out_of_memory", retryAfter: 5, cause: error },
    });
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(
    500,
    `request: expected to succeed, got ${message} The server's log says where.`,
    {
      ...{ type: "server_error", code: "internal_error", cause: error },
    },
  );
}
