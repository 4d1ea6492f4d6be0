import { isObject } from "../base/json.ts";
import type { ChatPiece } from "../chat/chatPiece.ts";
import type { CallPart } from "./wire.ts";

interface OpenCall {
  id: string | null;
  name: string;
  json: string;
}

/** Calls of tools, put together from the parts in which a stream brings them. */
export class CollectedCalls {
  readonly #open = new Map<number, OpenCall>();

  take(parts: readonly CallPart[]): void {
    for (const part of parts) {
      const call = this.#open.get(part.index) ?? { id: null, name: "", json: "" };
      call.id ??= part.id;
      call.name ||= part.name; // whole in the first part; some servers repeat it
      call.json += part.arguments;
      this.#open.set(part.index, call);
    }
  }

  /** The calls, in their order. One whose arguments are no JSON object, as where a limit cut it, stays text, as in a local reply. */
  end(): ChatPiece[] {
    const calls = [...this.#open].sort(([a], [b]) => a - b).map(([, call]) => call);
    this.#open.clear();
    return calls.map(({ id, name, json }): ChatPiece => {
      const values = json.trim() === "" ? {} : parsed(json);
      if (!isObject(values) || name === "") return { kind: "content", text: json };
      return {
        kind: "toolCall",
        call: {
          name,
          arguments: values,
          ...(json.trim() !== "" && { argumentsJson: json }),
          ...(id !== null && { id }),
        },
      };
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
