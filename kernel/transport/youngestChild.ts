import { readdirSync, readFileSync } from "node:fs";

/**
 * The child that the main thread of this process started last.
 * @returns its process id; 0 if there is none, or the system does not list children in /proc
 */
export function youngestChild(): number {
  return childrenOfThread(process.pid, process.pid).at(-1) ?? 0;
}

/** A process and all that come from it, as far as they run. */
export function treeOf(id: number): number[] {
  return [
    id,
    ...threadsOf(id)
      .flatMap((thread) => childrenOfThread(id, thread))
      .flatMap(treeOf),
  ];
}

function threadsOf(id: number): number[] {
  try {
    return readdirSync(`/proc/${id}/task`).map(Number);
  } catch {
    return []; // it has ended
  }
}

/** In the order in which they were started. */
function childrenOfThread(id: number, thread: number): number[] {
  try {
    const ids = readFileSync(`/proc/${id}/task/${thread}/children`, "utf8");
    return ids.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
