type LogLevel = "debug" | "info" | "warn" | "error";

/** Receives every line the server has to say. Tokens never appear in a line. */
export type ServerLog = (level: LogLevel, message: string) => void;
