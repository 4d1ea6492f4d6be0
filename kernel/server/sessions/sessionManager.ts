import { randomUUID } from "node:crypto";
import { HttpError } from "../httpError.ts";
import type { Kernel, KernelModel } from "../kernels/kernel.ts";
import type { KernelManager } from "../kernels/kernelManager.ts";

export interface SessionModel {
  readonly id: string;
  readonly path: string;
  readonly name: string | null;
  readonly type: string;
  readonly kernel: KernelModel;
  /** For clients older than the general form above. */
  readonly notebook?: { readonly path: string; readonly name: string | null };
}

export interface SessionRequest {
  readonly path: string | null;
  readonly name: string | null;
  readonly type: string | null;
  readonly kernelId: string | null;
  readonly kernelName: string | null;
}

interface Session {
  readonly id: string;
  path: string;
  name: string | null;
  type: string;
  kernel: Kernel;
}

/** Which document runs on which kernel. */
export class SessionManager {
  readonly #kernels: KernelManager;
  readonly #sessions = new Map<string, Session>();
  /** Requests for one path wait for each other, so that a document never gets two kernels. */
  readonly #starting = new Map<string, Promise<Session>>();

  constructor(kernels: KernelManager) {
    this.#kernels = kernels;
  }

  all(): SessionModel[] {
    return this.#living().map(model);
  }

  /** @throws HttpError 404 */
  get(id: string): SessionModel {
    return model(this.#find(id));
  }

  /** The session of this path, started if there is none. */
  async start(request: SessionRequest): Promise<SessionModel> {
    const { path } = request;
    if (path === null || path === "")
      throw new HttpError(
        400,
        `start session: expected "path", got nothing. Send the document's path.`,
      );
    const existing = this.#living().find((session) => session.path === path);
    if (existing !== undefined) return model(existing);
    let starting = this.#starting.get(path);
    if (starting === undefined) {
      starting = this.#start(path, request).finally(() => this.#starting.delete(path));
      this.#starting.set(path, starting);
    }
    return model(await starting);
  }

  /** Renames a session, or gives it another kernel; a kernel that no session needs any more is shut down. */
  async update(id: string, request: SessionRequest): Promise<SessionModel> {
    const session = this.#find(id);
    session.path = request.path ?? session.path;
    session.name = request.name ?? session.name;
    session.type = request.type ?? session.type;
    if (request.kernelId !== null || request.kernelName !== null) {
      const old = session.kernel;
      session.kernel =
        request.kernelId !== null
          ? this.#kernels.get(request.kernelId)
          : await this.#kernels.start(request.kernelName, session.path);
      if (old !== session.kernel) await this.#shutdownUnused(old);
    }
    return model(session);
  }

  async delete(id: string): Promise<void> {
    const session = this.#find(id);
    this.#sessions.delete(id);
    await this.#shutdownUnused(session.kernel);
  }

  async #start(path: string, request: SessionRequest): Promise<Session> {
    const kernel =
      request.kernelId !== null
        ? this.#kernels.get(request.kernelId)
        : await this.#kernels.start(request.kernelName, path);
    const session = {
      id: randomUUID(),
      path,
      name: request.name,
      type: request.type ?? "notebook",
      kernel,
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  async #shutdownUnused(kernel: Kernel): Promise<void> {
    const isUsed = [...this.#sessions.values()].some((session) => session.kernel === kernel);
    if (!isUsed && this.#kernels.has(kernel.id)) await this.#kernels.shutdown(kernel.id);
  }

  #find(id: string): Session {
    const session = this.#living().find((candidate) => candidate.id === id);
    if (session === undefined)
      throw new HttpError(
        404,
        `session: expected the id of a session, got ${id}. Start a new one.`,
      );
    return session;
  }

  /** A session ends with its kernel, however that was shut down. */
  #living(): Session[] {
    for (const session of this.#sessions.values()) {
      if (!this.#kernels.has(session.kernel.id)) this.#sessions.delete(session.id);
    }
    return [...this.#sessions.values()];
  }
}

function model(session: Session): SessionModel {
  const { id, path, name, type, kernel } = session;
  const notebook = type === "notebook" ? { notebook: { path, name } } : {};
  return { id, path, name, type, kernel: kernel.model(), ...notebook };
}
