/** An exercise that asks nothing, foresees mistakes that are none, or has a check without a verdict. */
export class ExerciseError extends TypeError {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A value as it would be typed; what JSON has no text for, as String has it. */
export function asText(value: unknown): string {
  if (typeof value === "number") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
