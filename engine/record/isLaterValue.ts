/**
 * Whether records of earlier versions lack a plan value that sites have come to need since: entropy and distance of attention, which are
 * then computed from all keys.
 */
export function isLaterValue(value: string): boolean {
  return value.endsWith(".attn.moments");
}
