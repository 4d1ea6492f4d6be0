import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/**
 * The bytes in a file of gzip, piece by piece.
 * @throws what opening and reading throw; what zlib throws, with a code that begins with Z_, where the file is no gzip or is torn
 */
export function gunzippedChunks(path: string): AsyncIterable<Uint8Array> {
  // pipeline, since pipe would not pass on that the file is not there; whoever reads the chunks gets the error.
  return pipeline(createReadStream(path), createGunzip(), () => {});
}
