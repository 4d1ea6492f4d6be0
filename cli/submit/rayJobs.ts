import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { isObject, type JsonObject } from "../../engine/base/json.ts";

/** What Ray says of a job. */
export interface RayJobState {
  readonly status: "PENDING" | "RUNNING" | "STOPPED" | "SUCCEEDED" | "FAILED";
  readonly message: string;
  /** Null before the command ended, or where its node was lost. */
  readonly exitCode: number | null;
}

/** A command for a cluster, with what it is to have of it. */
export interface RayJobRequest {
  readonly submissionId: string;
  readonly entrypoint: string;
  readonly cpus: number;
  readonly gpus: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Ray's address cannot be reached for now. */
export class RayUnreachable extends Error {}
/** Ray is there, and asks to be asked later, as while its first agent starts. */
class RayNotReady extends Error {}
/** Ray has a job of this id: it was submitted before, and the answer was lost. */
class RayHasIt extends Error {}

const STATUSES = ["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"];
const TIMEOUT_MS = 30_000;
const TRIES = 30;
const WAIT_MS = 1000;
const LONGEST = 400;

/** The Jobs API of a Ray cluster, behind the address of its dashboard. */
export class RayJobs {
  readonly #address: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal;

  /** @param token of a cluster that asks for one (RAY_AUTH_MODE=token); it is in no message */
  constructor(address: string, token: string | undefined, signal: AbortSignal) {
    this.#address = address.replace(/\/+$/, "");
    this.#token = token;
    this.#signal = signal;
  }

  /** Asks again for half a minute while Ray is not ready. @throws Error with what Ray says; RayUnreachable */
  async submit(job: RayJobRequest): Promise<void> {
    const { submissionId, entrypoint, cpus, gpus, metadata } = job;
    const body = {
      submission_id: submissionId,
      entrypoint,
      entrypoint_num_cpus: cpus,
      entrypoint_num_gpus: gpus,
      metadata,
    };
    for (let tries = 1; ; tries++)
      try {
        await this.#ask("POST", "/api/jobs/", body);
        return;
      } catch (error) {
        if (error instanceof RayHasIt) return;
        if (!(error instanceof RayNotReady) || tries === TRIES) throw error;
        await sleep(WAIT_MS, undefined, { signal: this.#signal });
      }
  }

  /** Null where Ray does not know the job: its head was started anew. @throws as `submit` */
  async state(submissionId: string): Promise<RayJobState | null> {
    const said = await this.#ask("GET", `/api/jobs/${submissionId}`);
    if (said === null) return null;
    const { status, message, driver_exit_code: code } = said;
    if (typeof status !== "string" || !STATUSES.includes(status)) throw this.#foreign(said);
    return {
      status: status as RayJobState["status"],
      message: typeof message === "string" ? message : "",
      exitCode: typeof code === "number" ? code : null,
    };
  }

  /** What the command printed. @throws as `submit` */
  async logs(submissionId: string): Promise<string> {
    const said = await this.#ask("GET", `/api/jobs/${submissionId}/logs`);
    return typeof said?.logs === "string" ? said.logs : "";
  }

  async #ask(method: "GET" | "POST", path: string, body?: JsonObject): Promise<JsonObject | null> {
    const url = `${this.#address}${path}`;
    // Node's fetch says that it is a browser (sec-fetch-mode), whose requests Ray refuses.
    const { status, text } = await request(url, {
      method,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
      .then(async (answer) => ({ status: answer.statusCode, text: await answer.body.text() }))
      .catch((cause: Error & { readonly code?: string }) => {
        this.#signal.throwIfAborted();
        throw new RayUnreachable(
          `submit ray: expected Ray's dashboard at ${this.#address}, got no answer (${cause.code ?? cause.message}). Correct --address: it is what ray start prints, with the port 8265.`,
          { cause },
        );
      });
    if (status === 404 && method === "GET") return null;
    if (status === 401 || status === 403)
      throw new Error(
        `submit ray: expected Ray to accept the token in RAY_AUTH_TOKEN, got ${status}. Export the cluster's token.`,
      );
    const Refusal = refusalOf(text);
    if (status < 200 || status > 299)
      throw new Refusal(
        `submit ray: expected Ray to take ${method} ${path}, got ${status}: ${text.trim().slice(-LONGEST)}. Correct what it names.`,
      );
    const said = parsed(text);
    if (said === null) throw this.#foreign(text);
    return said;
  }

  #foreign(said: unknown): Error {
    return new Error(
      `submit ray: expected an answer of Ray's Jobs API from ${this.#address}, got ${JSON.stringify(said).slice(0, LONGEST)}. Correct --address: it is that of the dashboard.`,
    );
  }
}

function refusalOf(text: string): new (message: string) => Error {
  if (/try again later/i.test(text)) return RayNotReady;
  return /use a different submission_id/i.test(text) ? RayHasIt : Error;
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
