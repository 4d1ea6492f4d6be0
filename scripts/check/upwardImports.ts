import { posix } from "node:path";
import ts from "typescript";
import { ROOMS } from "./rooms.ts";

/** A file that is not in its place, in words. */
type Complaint = string;

/**
 * Imports that go up in the order of rooms, those of types included, and files whose room has no place in it.
 * @param files their texts by paths from the root of the repository, all that may be imported among them
 */
export function upwardImports(
  files: ReadonlyMap<string, string>,
  rooms: typeof ROOMS = ROOMS,
): Complaint[] {
  const complaints: Complaint[] = [];
  for (const [folder, order] of Object.entries(rooms))
    for (const [path, text] of files) {
      const room = roomOf(path, folder, order);
      if (room === null) continue;
      if (!order.includes(room)) {
        complaints.push(
          `${path}: expected a room of ${folder}/, got "${room}". Give it a place in scripts/check/rooms.ts.`,
        );
        continue;
      }
      for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
        if (!fileName.startsWith(".")) continue;
        const imported = posix.join(posix.dirname(path), fileName);
        const target = roomOf(imported, folder, order);
        if (target !== null && order.indexOf(target) > order.indexOf(room))
          complaints.push(
            `${path}: expected imports from rooms before ${folder}/${room}, got ${imported}. Move what both need into a lower room.`,
          );
      }
    }
  return complaints;
}

/** Null outside of the folder. */
function roomOf(path: string, folder: string, order: readonly string[]): string | null {
  if (!path.startsWith(`${folder}/`)) return null;
  const [first = "", ...rest] = path.slice(folder.length + 1).split("/");
  if (order.includes(first) || rest.length > 0) return first;
  return ".";
}
