import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Compares in a time that says nothing about where, or whether in length, two texts differ. */
export function safeEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

export function randomToken(): string {
  return randomBytes(24).toString("hex");
}

/** What the login cookie holds: it proves that its bearer knew the secrets, and does not reveal them. */
export function cookieValue(secrets: string): string {
  return createHmac("sha256", secrets).update("vitrine login cookie").digest("base64url");
}
