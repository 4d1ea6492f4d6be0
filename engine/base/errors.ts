/**
 * The errors a user of the engine can meet. Every message reads
 * `what: expected <contract>, got <value>. <fix>`, and every error has a stable `code`.
 */
export class VitrineError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** config.json, tokenizer.json or a template says something this engine cannot run. */
export class ConfigError extends VitrineError {}

/** A weight file is missing, truncated, or holds something other than the config promises. */
export class WeightsError extends VitrineError {}

/** A tensor has the wrong shape or dtype for an operator or a selection. */
export class ShapeError extends VitrineError {}

/** A site name matches nothing, or cannot be observed on this model or backend. */
export class SiteError extends VitrineError {}

/** A record on disk is torn, altered, of a newer version, or lacks what is asked of it. */
export class RecordError extends VitrineError {}

/** A prompt, an option or a budget is out of range. */
export class InputError extends VitrineError {}

/** An adapter is missing, a device was lost, or memory ran out. */
export class BackendError extends VitrineError {}

/** A server cannot be reached, refuses a request, fails, or answers in another form than OpenAI's API has. */
export class RemoteError extends VitrineError {
  /** HTTP's; null where no answer came, or a stream broke off. */
  readonly status: number | null;
  /** What the server asks to wait before another try; null where it does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: string,
    message: string,
    details: { status?: number; retryAfterSeconds?: number | null; cause?: unknown } = {},
  ) {
    super(code, message, details.cause === undefined ? {} : { cause: details.cause });
    this.status = details.status ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}

/** The caller's AbortSignal fired. */
export class AbortedError extends VitrineError {
  constructor(
    message = "aborted: the signal fired before the work was done",
    options?: { cause?: unknown },
  ) {
    super("ERR_ABORTED", message, options);
  }
}
