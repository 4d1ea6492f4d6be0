import { operatorTensors } from "../../checkOperator.ts";
import type { DeviceTensor } from "../../deviceTensor.ts";
import type { Operator } from "../../operators.ts";
import { contractOf } from "../../operatorTable.ts";
import type { CpuTensor } from "../cpuTensor.ts";
import { Growing, ROW } from "./growing.ts";
import type { PrepareContext, Runner } from "./prepareContext.ts";

/** Bytes of rows that are copied at a time: enough for hundreds of rows, and little beside weights. */
const STAGED_BYTES = 2 ** 24;
/** Rows of whole tiles; see wasm/multiply.ts. */
const ROW_UNIT = 64;
/** Copies begin on cache lines. */
const ALIGNMENT = 64;

/** A tensor that lies in another memory than the operator's weights. */
interface Away {
  readonly handle: DeviceTensor;
  readonly tensor: CpuTensor;
  /** Where rows of a step lie. */
  readonly rows: Growing;
  /** Bytes of a row of which the operator takes one for each of its rows; null where it takes all of the tensor. */
  readonly rowBytes: number | null;
  readonly isWritten: boolean;
}

/** A copy of some rows, and where it lies in the memory of the weights. */
interface Staged extends Away {
  readonly bytes: number;
  readonly address: number;
}

/** The operator on copies of `count` rows that lie at `address`. */
interface Beside {
  readonly address: number;
  readonly count: number;
  readonly copies: readonly Staged[];
  readonly run: Runner;
}

/**
 * An operator whose weights lie in another memory than activations runs there: on copies of the rows that it reads, a few
 * hundred at a time, and what it writes is copied back. A row's numbers do not depend on what else is in a step, so that this changes no
 * bit. It is prepared anew only for another number of rows. Null if its weights lie in the first memory.
 */
export function besideWeights(
  operator: Operator,
  context: PrepareContext,
  prepare: (context: PrepareContext) => Runner,
): Runner | null {
  const number = memoryOf(operator, context);
  if (number === 0) return null;
  const device = context.inMemory(number);
  const away = awayTensors(operator, number, context);
  const most = rowsAtOnce(away.reduce((sum, { rowBytes }) => sum + (rowBytes ?? 0), 0));
  const prepareFor = (count: number, address: number): Beside => {
    const copies = layCopies(away, count, address);
    const byHandle = new Map(
      copies.map(({ handle, tensor, address }) => [handle, tensor.at({ memory: number, address })]),
    );
    const own = (handle: DeviceTensor): CpuTensor => byHandle.get(handle) ?? context.own(handle);
    // A copy begins with the first row of a step, whichever that is.
    const rows = (handle: DeviceTensor): Growing => new Growing(own(handle).address, 0, ROW);
    return { address, count, copies, run: prepare({ ...device, own, rows }) };
  };
  let last: Beside | null = null;
  return (nTokens, start, row) => {
    const total = countRows(operator, nTokens, start);
    const [home, there] = [context.memory.allocator, device.memory.allocator];
    for (let from = 0; from < total; from += most) {
      const count = Math.min(most, total - from);
      const address = device.memory.staged.reserve(stagedBytes(away, count));
      if (last?.address !== address || last.count !== count) last = prepareFor(count, address);
      const { copies, run } = last;
      const sourceOf = ({ rows, rowBytes }: Away) => rows.at(row) + from * (rowBytes ?? 0);
      for (const copy of copies) {
        if (copy.isWritten) continue;
        const source = sourceOf(copy);
        there.bytes.set(home.bytes.subarray(source, source + copy.bytes), copy.address);
      }
      run(count, operator.kind === "mlaExpand" ? 0 : start + from, row + from);
      for (const copy of copies) {
        if (!copy.isWritten) continue;
        const written = there.bytes.subarray(copy.address, copy.address + copy.bytes);
        home.bytes.set(written, sourceOf(copy));
      }
    }
  };
}

/** Of an operator's matrices, which lie together. */
function memoryOf(operator: Operator, { own }: PrepareContext): number {
  const { weights } = contractOf(operator.kind);
  for (const [field, tensor] of operatorTensors(operator))
    if (weights[field] !== undefined && own(tensor).panels !== null)
      return own(tensor).place.memory;
  return 0;
}

function awayTensors(
  operator: Operator,
  number: number,
  { own, rows }: PrepareContext,
): readonly Away[] {
  const { weights, writes } = contractOf(operator.kind);
  const away = new Map<DeviceTensor, Away>();
  for (const [field, handle] of operatorTensors(operator)) {
    const tensor = own(handle);
    if (tensor.place.memory === number) continue;
    const lies = rows(handle);
    const byRows = lies.factor > 0 || weights[field] === undefined;
    away.set(handle, {
      ...{ handle, tensor, rows: lies },
      rowBytes: byRows ? tensor.rowBytes : null,
      isWritten: writes.includes(field),
    });
  }
  return [...away.values()];
}

function layCopies(away: readonly Away[], count: number, address: number): readonly Staged[] {
  let next = address;
  return away.map((one) => {
    const copy = { ...one, bytes: bytesOf(one, count), address: next };
    next += aligned(copy.bytes);
    return copy;
  });
}

function stagedBytes(away: readonly Away[], count: number): number {
  return away.reduce((sum, one) => sum + aligned(bytesOf(one, count)), 0);
}

function bytesOf({ tensor, rowBytes }: Away, count: number): number {
  return rowBytes === null ? tensor.sizeBytes : count * rowBytes;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Rows that a step has of the tensors by rows. */
function countRows(operator: Operator, nTokens: number, start: number): number {
  if (operator.kind === "mlaExpand") return start + nTokens; // rows of caches, from the first on
  return "rows" in operator && operator.rows === "one" ? 1 : nTokens;
}

function rowsAtOnce(rowBytes: number): number {
  const rows = Math.max(1, Math.floor(STAGED_BYTES / Math.max(1, rowBytes)));
  return rows < ROW_UNIT ? rows : Math.floor(rows / ROW_UNIT) * ROW_UNIT;
}
