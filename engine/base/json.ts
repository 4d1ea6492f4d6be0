/** A JSON object as parsed, nothing assumed about its fields. */
export type JsonObject = Readonly<Record<string, unknown>>;
