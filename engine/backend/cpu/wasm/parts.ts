import { attention, attentionOver } from "./attention";
import { attentionScores, mixValues, softmaxRows } from "./attentionParts";
import { addPosition } from "./elementwise";
import { indexScores, selectKeys } from "./indexer";
import { copyHeads, mlaExpandKeys, mlaLatent, multiplyHeads } from "./mla";
import { rope } from "./rotate";

/** An argument of a part's call, kept as a double: an address, a size, a flag, or a number of its own. */
function num(args: usize, index: i32): f64 {
  return load<f64>(args + ((<usize>index) << 3));
}

function int(args: usize, index: i32): i32 {
  return <i32>num(args, index);
}

function ptr(args: usize, index: i32): usize {
  return <usize>num(args, index);
}

/** One part's share of a kernel: rows [from, to) of the part. The numbers of the kernels are those of cpu/partCalls.ts. */
function call(kernel: i32, a: usize, from: i32, to: i32, scratch: usize): void {
  switch (kernel) {
    case 0:
      addPosition(ptr(a, 0), ptr(a, 1), int(a, 2), ptr(a, 3), from, to);
      return;
    case 1:
      attention(
        ptr(a, 0),
        ptr(a, 1),
        ptr(a, 2),
        int(a, 3),
        int(a, 4),
        int(a, 5),
        int(a, 6),
        int(a, 7),
        int(a, 8),
        int(a, 9),
        <f32>num(a, 10),
        int(a, 11),
        ptr(a, 12),
        int(a, 13),
        ptr(a, 14),
        ptr(a, 15),
        ptr(a, 16),
        int(a, 17),
        ptr(a, 18),
        ptr(a, 19),
        ptr(a, 20),
        from,
        to,
        scratch,
      );
      return;
    case 2:
      attentionOver(
        ptr(a, 0),
        int(a, 1),
        ptr(a, 2),
        ptr(a, 3),
        ptr(a, 4),
        int(a, 5),
        int(a, 6),
        int(a, 7),
        int(a, 8),
        int(a, 9),
        int(a, 10),
        int(a, 11),
        <f32>num(a, 12),
        ptr(a, 13),
        int(a, 14),
        ptr(a, 15),
        ptr(a, 16),
        ptr(a, 17),
        int(a, 18),
        ptr(a, 19),
        ptr(a, 20),
        ptr(a, 21),
        from,
        to,
        scratch,
      );
      return;
    case 3:
      attentionScores(
        ptr(a, 0),
        ptr(a, 1),
        int(a, 2),
        int(a, 3),
        int(a, 4),
        int(a, 5),
        <f32>num(a, 6),
        int(a, 7),
        ptr(a, 8),
        ptr(a, 9),
        int(a, 10),
        ptr(a, 11),
        ptr(a, 12),
        ptr(a, 13),
        int(a, 14),
        int(a, 15),
        ptr(a, 16),
        from,
        to,
      );
      return;
    case 4:
      copyHeads(
        ptr(a, 0),
        int(a, 1),
        int(a, 2),
        ptr(a, 3),
        int(a, 4),
        int(a, 5),
        int(a, 6),
        from,
        to,
      );
      return;
    case 5:
      indexScores(
        ptr(a, 0),
        ptr(a, 1),
        ptr(a, 2),
        int(a, 3),
        int(a, 4),
        int(a, 5),
        <f32>num(a, 6),
        int(a, 7),
        ptr(a, 8),
        from,
        to,
        scratch,
      );
      return;
    case 6:
      mixValues(
        ptr(a, 0),
        ptr(a, 1),
        ptr(a, 2),
        ptr(a, 3),
        int(a, 4),
        int(a, 5),
        int(a, 6),
        int(a, 7),
        int(a, 8),
        int(a, 9),
        ptr(a, 10),
        from,
        to,
      );
      return;
    case 7:
      mlaExpandKeys(
        ptr(a, 0),
        ptr(a, 1),
        int(a, 2),
        int(a, 3),
        int(a, 4),
        ptr(a, 5),
        int(a, 6),
        from,
        to,
        scratch,
      );
      return;
    case 8:
      mlaLatent(
        int(a, 0),
        int(a, 1),
        ptr(a, 2),
        ptr(a, 3),
        <f32>num(a, 4),
        ptr(a, 5),
        ptr(a, 6),
        int(a, 7),
        int(a, 8),
        int(a, 9),
        ptr(a, 10),
        from,
        to,
      );
      return;
    case 9:
      multiplyHeads(
        ptr(a, 0),
        ptr(a, 1),
        int(a, 2),
        int(a, 3),
        int(a, 4),
        int(a, 5),
        ptr(a, 6),
        int(a, 7),
        from,
        to,
        scratch,
      );
      return;
    case 10:
      rope(
        int(a, 0),
        ptr(a, 1),
        ptr(a, 2),
        ptr(a, 3),
        int(a, 4),
        int(a, 5),
        int(a, 6),
        int(a, 7),
        int(a, 8),
        ptr(a, 9),
        from,
        to,
      );
      return;
    case 11:
      selectKeys(ptr(a, 0), int(a, 1), int(a, 2), int(a, 3), ptr(a, 4), from, to, scratch);
      return;
    case 12:
      softmaxRows(
        ptr(a, 0),
        ptr(a, 1),
        ptr(a, 2),
        ptr(a, 3),
        ptr(a, 4),
        int(a, 5),
        int(a, 6),
        int(a, 7),
        int(a, 8),
        ptr(a, 9),
        ptr(a, 10),
        from,
        to,
      );
      return;
    default:
      unreachable();
  }
}

/**
 * A kernel of each of several parts, such as sequences of a batch, of which each has caches and rows of its own. Their ranges
 * lie one after the other in [0, total), of which this is [from, to). A part's record in the table has `stride` doubles: where its
 * range ends, and then its arguments.
 */
export function inParts(
  kernel: i32,
  table: usize,
  stride: i32,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const bytes = (<usize>stride) << 3;
  let begin = 0;
  for (let part = table; begin < to; part += bytes) {
    const end = <i32>load<f64>(part);
    if (end > from) call(kernel, part + 8, max(from, begin) - begin, min(to, end) - begin, scratch);
    begin = end;
  }
}
