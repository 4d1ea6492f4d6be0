import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** 64 MiB and a tenth of a second or so for every guess (RFC 7914; OWASP asks for N = 2^16 with r = 8). */
const COST = { N: 2 ** 16, r: 8, p: 1 } as const;
const MAX_COST = { N: 2 ** 20, r: 32, p: 16 } as const;
const KEY_BYTES = 32;
const FORM = /^scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9_-]{16,}):([A-Za-z0-9_-]{43})$/;

/** `scrypt:N:r:p:salt:key`, with a new salt each time; all that is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await deriveKey(password, salt, COST);
  const { N, r, p } = COST;
  return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join(":");
}

/** Whether a text has the form that `hashPassword` writes, with a cost this computer can be asked for. */
export function isPasswordHash(text: string): boolean {
  const [, N, r, p] = FORM.exec(text) ?? [];
  return Number(N) <= MAX_COST.N && Number(r) <= MAX_COST.r && Number(p) <= MAX_COST.p;
}

/** Compares in a time that says nothing about how much of the password was right. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt, key] = FORM.exec(hash) ?? [];
  if (salt === undefined || key === undefined || !isPasswordHash(hash)) return false;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await deriveKey(password, Buffer.from(salt, "base64url"), cost);
  return timingSafeEqual(derived, Buffer.from(key, "base64url"));
}

/** One password may be typed on keyboards that compose its accents differently. */
function deriveKey(
  password: string,
  salt: Buffer,
  { N, r, p }: { N: number; r: number; p: number },
): Promise<Buffer> {
  return derive(password.normalize("NFKC"), salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r * p });
}
