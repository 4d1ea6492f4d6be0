import { checkForeignPages } from "./foreignPages.ts";
import { leavesOf, type ParquetLeaf } from "./foreignSchema.ts";
import { chunkOf, footerOf, structsAt } from "./parquetFooter.ts";
import { type Decompress, numberAt, structAt } from "./parquetPages.ts";
import type { ThriftStruct } from "./thrift.ts";

/** Values that a byte of a file stands for at most; a small file may have so many in any case. */
const MOST_VALUES = 8;
const FEW_VALUES = 2 ** 16;

/**
 * Looks at what a Parquet file of anybody says of its sizes before anybody believes it: chunks lie in the file and take no more bytes together
 * than it has, pages and runs come to the values that there are, and these are not many times as many as there are bytes. Lists and structs
 * may be in it; codecs but Snappy are refused by name, and so is what stands for more than can be seen without reading it.
 * @throws RangeError
 */
export function checkForeignParquet(bytes: Uint8Array, decompress: Decompress): void {
  const footer = footerOf(bytes);
  const most = Math.max(FEW_VALUES, MOST_VALUES * bytes.length);
  const nRows = numberAt(footer, 3, "num_rows");
  if (nRows > most) throw new RangeError(`${nRows} rows in ${bytes.length} bytes`);
  const leaves = leavesOf(structsAt(footer, 2));
  let [rows, taken, values] = [0, 0, 0];
  for (const group of structsAt(footer, 4)) {
    const columns = structsAt(group, 1);
    if (columns.length !== leaves.length)
      throw new RangeError(`${columns.length} columns in a group`);
    const groupRows = numberAt(group, 3, "num_rows");
    rows += groupRows;
    for (const [i, leaf] of leaves.entries()) {
      const about = structAt(columns[i] as ThriftStruct, 3);
      checkIsOf(leaf, about);
      const chunk = chunkOf(bytes, about, groupRows);
      taken += chunk.bytes.length;
      if (taken > bytes.length) throw new RangeError(`chunks of ${taken} bytes`);
      const nValues = checkForeignPages(chunk, leaf, decompress);
      if (nValues < groupRows || (leaf.repetitions === 0 && nValues > groupRows))
        throw new RangeError(`${nValues} values of ${groupRows} rows`);
      values += nValues;
      if (values > most) throw new RangeError(`${values} values in ${bytes.length} bytes`);
    }
  }
  if (rows !== nRows) throw new RangeError(`${rows} of ${nRows} rows`);
}

/** A chunk names its column and says its type again. */
function checkIsOf({ path, type }: ParquetLeaf, about: ThriftStruct): void {
  const names = about.get(3);
  const isPath = Array.isArray(names) && names.every((name) => name instanceof Uint8Array);
  const decoder = new TextDecoder();
  const own = isPath ? JSON.stringify(names.map((name) => decoder.decode(name))) : "no path";
  if (own !== path || about.get(1) !== type)
    throw new RangeError(`a chunk of ${own} in the place of ${path}`);
}
