import { randomUUID } from "node:crypto";
import { cellContext } from "../cell/cell.ts";
import type { Header, Json } from "../protocol/messages.ts";
import { plainJson } from "../protocol/plainJson.ts";
import type { Outgoing } from "../transport/outgoing.ts";
import { bytesOf } from "./buffers.ts";
import type { BinaryBuffer, Comm, CommMessage, JsonObject } from "./host.ts";

type Send = (message: Outgoing) => void;
type TargetListener = (comm: Comm, open: CommMessage) => void;

interface CommOptions {
  readonly id: string;
  readonly target: string;
  readonly send: Send;
  readonly onRemoved: () => void;
  /** Told what listeners throw that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

/** One open comm. */
class KernelComm implements Comm {
  readonly id: string;
  readonly target: string;
  /** Ids of the cells, and of the places inside their output, that show it. */
  readonly owners = new Set<string>();
  /** The cell that opened it, or registered its target; output of its listeners goes there. */
  readonly home = cellContext.getStore()?.cell ?? null;
  readonly #send: Send;
  readonly #onRemoved: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #messageListeners: ((message: CommMessage) => void | Promise<void>)[] = [];
  readonly #closeListeners: (() => void)[] = [];
  #isOpen = true;

  constructor({ id, target, send, onRemoved, onError }: CommOptions) {
    this.id = id;
    this.target = target;
    this.#send = send;
    this.#onRemoved = onRemoved;
    this.#onError = onError;
  }

  send(
    data: JsonObject,
    {
      metadata = {},
      buffers = [],
    }: { metadata?: JsonObject; buffers?: readonly BinaryBuffer[] } = {},
  ): void {
    if (this.#isOpen) this.publish("comm_msg", { data }, metadata, buffers);
  }

  close(data: JsonObject = {}): void {
    if (!this.#isOpen) return;
    this.publish("comm_close", { data }, {}, []);
    this.closed();
  }

  onMessage(listener: (message: CommMessage) => void | Promise<void>): void {
    this.#messageListeners.push(listener);
  }

  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  retain(): void {
    const context = cellContext.getStore();
    const owner = context?.output?.owner ?? context?.cell?.cellId;
    if (owner) this.owners.add(owner);
  }

  /** The front end closed it, or this side did. */
  closed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onRemoved();
    for (const listener of this.#closeListeners) {
      try {
        listener();
      } catch (error) {
        this.#onError(error); // the others are told all the same, and the cell that closes it goes on
      }
    }
  }

  async received(message: CommMessage): Promise<void> {
    await Promise.all(this.#messageListeners.map(async (listener) => listener(message)));
  }

  publish(
    type: "comm_open" | "comm_msg" | "comm_close",
    content: Json,
    metadata: Json,
    buffers: readonly BinaryBuffer[],
  ): void {
    this.#send({
      socket: "iopub",
      type,
      parent: cellContext.getStore()?.request ?? {},
      content: { comm_id: this.id, ...(plainJson(content, "comm message") as Json) },
      metadata: plainJson(metadata, "comm metadata") as Json,
      buffers: buffers.map((buffer) => bytesOf(buffer).slice()),
    });
  }
}

/** The comms of this kernel, whichever side opened them. */
export class CommManager {
  readonly #comms = new Map<string, KernelComm>();
  readonly #targets = new Map<string, { listener: TargetListener; home: KernelComm["home"] }>();
  readonly #send: Send;
  readonly #onError: (error: unknown) => void;

  /** @param onError told what listeners throw, in the context of the cell they belong to */
  constructor(options: { send: Send; onError: (error: unknown) => void }) {
    this.#send = options.send;
    this.#onError = options.onError;
  }

  open(
    target: string,
    data: JsonObject,
    {
      metadata = {},
      buffers = [],
    }: { metadata?: JsonObject; buffers?: readonly BinaryBuffer[] } = {},
  ): Comm {
    const comm = this.#add(randomUUID(), target);
    comm.retain();
    try {
      comm.publish("comm_open", { target_name: target, data }, metadata, buffers);
    } catch (error) {
      comm.closed(); // no front end has heard of it
      throw error;
    }
    return comm;
  }

  registerTarget(target: string, listener: TargetListener): void {
    this.#targets.set(target, { listener, home: cellContext.getStore()?.cell ?? null });
  }

  /** The content of comm_info_reply. */
  info(target?: string): Json {
    const comms: Record<string, { target_name: string }> = {};
    for (const comm of this.#comms.values()) {
      if (target === undefined || comm.target === target)
        comms[comm.id] = { target_name: comm.target };
    }
    return { status: "ok", comms };
  }

  /**
   * Handles comm_open, comm_msg and comm_close of a front end; resolves when the listeners are done.
   * @param over fires when they are, or their code was ended
   */
  async handle(
    header: Header,
    content: Json,
    metadata: Json,
    buffers: readonly Uint8Array[],
    over?: AbortSignal,
  ): Promise<void> {
    const id = String(content.comm_id);
    const message: CommMessage = {
      data: (content.data ?? {}) as JsonObject,
      buffers: buffers.map(
        (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      ),
      metadata,
    };
    if (header.msg_type === "comm_open") {
      const name = String(content.target_name);
      const target = this.#targets.get(name);
      const inContext = <Result>(run: () => Result): Result =>
        cellContext.run({ cell: target?.home ?? null, request: header }, run);
      await inContext(async () => {
        const comm = this.#add(id, name);
        if (target === undefined) comm.close();
        else await this.#guard(() => target.listener(comm, message));
      });
      return;
    }
    const comm = this.#comms.get(id);
    if (comm === undefined) return;
    const context = { cell: comm.home, request: header, ...(over && { over }) };
    await cellContext.run(context, () =>
      this.#guard(() =>
        header.msg_type === "comm_close" ? comm.closed() : comm.received(message),
      ),
    );
  }

  /** A cell is about to run again, or is gone, or a place was cleared: closes what only it showed. */
  release(owner: string): void {
    for (const comm of [...this.#comms.values()]) {
      if (comm.owners.delete(owner) && comm.owners.size === 0) comm.close();
    }
  }

  async #guard(run: () => unknown): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#onError(error);
    }
  }

  #add(id: string, target: string): KernelComm {
    const comm = new KernelComm({
      id,
      target,
      send: this.#send,
      onRemoved: () => this.#comms.delete(id),
      onError: this.#onError,
    });
    this.#comms.set(id, comm);
    return comm;
  }
}
