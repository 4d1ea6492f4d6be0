import { randomUUID } from "node:crypto";
import type { Header, Json } from "../protocol/messages.ts";

/** The subshells a front end has made (JEP 91), and the answers to the control messages about them. */
export class Subshells {
  readonly #ids = new Set<string>();
  readonly #onDelete: (id: string) => void;

  constructor(onDelete: (id: string) => void) {
    this.#onDelete = onDelete;
  }

  /** The content of create_subshell_reply. */
  create(): Json {
    const id = randomUUID();
    this.#ids.add(id);
    return { status: "ok", subshell_id: id };
  }

  /** The content of delete_subshell_reply. */
  delete(id: unknown): Json {
    if (typeof id !== "string" || !this.#ids.delete(id)) return this.#unknown(id);
    this.#onDelete(id);
    return { status: "ok" };
  }

  /** The content of list_subshell_reply. */
  list(): Json {
    return { status: "ok", subshell_id: [...this.#ids] };
  }

  /** The content of the reply to a request of a subshell that is not there; null if it is, or if none was named. */
  refuse(header: Header): Json | null {
    const { subshell_id: id, msg_type: type } = header;
    if (!id || this.#ids.has(id) || !type.endsWith("_request")) return null;
    return this.#unknown(id);
  }

  #unknown(id: unknown): Json {
    const evalue = `subshell: expected one of ${this.#ids.size} subshells, got ${JSON.stringify(id)}. Create one with create_subshell_request.`;
    return { status: "error", ename: "SubshellError", evalue, traceback: [evalue] };
  }
}
