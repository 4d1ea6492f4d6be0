/** A row for each weight as it lay on the device. */
export const WEIGHTS = { name: "text", shape: "text", dtype: "text" } as const;

/** A row for each id of the tokenizer. */
export const VOCABULARY = { id: "i32", text: "text" } as const;
