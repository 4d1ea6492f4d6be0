import { createHash } from "node:crypto";
import { compareText, type Likeness, relativeDifference } from "./compareText.ts";

/** Compares JSON with bytes in it: shape, texts and bytes are the same, numbers within a relative tolerance. What differs is named by its path. */
export function compareValue(saved: unknown, now: unknown, tolerance: number): Likeness {
  return worst(differences(saved, now, tolerance, ""));
}

/** The first difference there is; where there is none, the largest that was allowed. */
function worst(found: Iterable<Likeness>): Likeness {
  let largest = 0;
  for (const likeness of found) {
    if (likeness.kind === "different") return likeness;
    if (likeness.kind === "near") largest = Math.max(largest, likeness.largest);
  }
  return largest === 0 ? { kind: "same" } : { kind: "near", largest };
}

function* differences(
  saved: unknown,
  now: unknown,
  tolerance: number,
  path: string,
): Generator<Likeness> {
  if (saved instanceof Uint8Array && now instanceof Uint8Array) {
    if (!Buffer.from(saved).equals(now)) yield different(path, bytesText(saved), bytesText(now));
  } else if (typeof saved === "string" && typeof now === "string") {
    const likeness = compareText(saved, now, tolerance);
    yield likeness.kind === "different" ? different(path, likeness.saved, likeness.now) : likeness;
  } else if (typeof saved === "number" && typeof now === "number") {
    const largest = relativeDifference(saved, now);
    if (largest > tolerance) yield different(path, saved, now);
    else if (largest > 0) yield { kind: "near", largest };
  } else if (
    isContainer(saved) &&
    isContainer(now) &&
    Array.isArray(saved) === Array.isArray(now)
  ) {
    const [a, b] = [saved as Record<string, unknown>, now as Record<string, unknown>];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* differences(a[key], b[key], tolerance, path === "" ? key : `${path}.${key}`);
  } else if (saved !== now) yield different(path, saved, now);
}

const bytesText = (bytes: Uint8Array): string =>
  `${bytes.byteLength} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;

const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null;

const LONGEST = 80;

function different(path: string, saved: unknown, now: unknown): Likeness {
  const shown = (value: unknown): string => {
    const text =
      value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
    const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    return path === "" ? cut : `${path}: ${cut}`;
  };
  return { kind: "different", saved: shown(saved), now: shown(now) };
}
