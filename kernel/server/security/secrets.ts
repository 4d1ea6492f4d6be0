import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Compares in a time that says nothing about where, or whether in length, two texts differ. */
export function safeEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Tells texts apart without keeping them. */
export function digestOf(text: string): string {
  return digest(text).toString("base64url");
}

export function randomToken(): string {
  return randomBytes(24).toString("hex");
}

/** What the cookie of a login holds: it proves that its bearer knew the secrets, and does not reveal them. */
export function cookieValue(secrets: string, id: string): string {
  const proof = createHmac("sha256", secrets).update(`vitrine login cookie ${id}`);
  return `${id}.${proof.digest("base64url")}`;
}
