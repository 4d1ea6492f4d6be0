import type { ConversationCostRecord } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { type ConversationState, conversationText, wrongWithRecord } from "./data.ts";
import { conversationPicture } from "./staticPicture.ts";
import { conversationTables } from "./tables.ts";

/**
 * What a conversation has cost after each turn under several price lists: with what was really cached, with nothing cached,
 * and with all that could have been.
 * @param record what `conversationCost` gives
 * @throws KernelError ERR_OPTION; TypeError if the record is none, or has no turns or no lists
 */
export function conversation(
  record: ConversationCostRecord,
  options: Readonly<Record<string, never>> = {},
): Picture<ConversationState> {
  checkOptions("conversation", options, {});
  const wrong = wrongWithRecord(record);
  if (wrong !== null)
    throw new TypeError(
      `conversation: expected the record of a conversationCost, got ${wrong}. Pass what conversationCost(turns, tables) gives.`,
    );
  return new Picture<ConversationState>({
    name: "conversation",
    esm: viewSource("conversation"),
    state: { record },
    svg: () => conversationPicture(record),
    text: () => conversationText(record),
    tables: () => conversationTables(record),
  });
}
