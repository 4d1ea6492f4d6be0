type Uuid = ReturnType<typeof crypto.randomUUID>;

/** Gives `crypto.randomUUID` (RFC 9562, version 4) to pages without https, to which browsers do not. */
export function provideRandomUuid(): void {
  if (typeof crypto.randomUUID === "function") return;
  Object.defineProperty(crypto, "randomUUID", { value: randomUuid });
}

function randomUuid(): Uuid {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as Uuid;
}
