import assert from "node:assert/strict";
import { test } from "node:test";
import { dots } from "../../engine/backend/reference/math.ts";
import { dot } from "../../engine/tensor/dot.ts";
import fc from "../fixtures/fastCheck.ts";

const numbers = (n: number) =>
  fc.array(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: n, maxLength: n });

test("products of many rows have the bits of each alone, and touch nothing else", () => {
  const shape = fc.record({ nRows: fc.nat(9), n: fc.nat(7), start: fc.nat(3) });
  fc.assert(
    fc.property(
      shape.chain(({ nRows, n, start }) =>
        fc.tuple(fc.constant({ nRows, n, start }), numbers(start + nRows * n), numbers(start + n)),
      ),
      ([{ nRows, n, start }, rowValues, xValues]) => {
        const [rows, x] = [Float64Array.from(rowValues), Float64Array.from(xValues)];
        const out = new Float64Array(start + nRows + 1).fill(7);
        dots(rows, start, nRows, x, start, n, out, start);
        const wanted = Array.from({ length: nRows }, (_, row) =>
          dot(rows, start + row * n, x, start, n),
        );
        assert.deepEqual([...out], [...Array(start).fill(7), ...wanted, 7]);
      },
    ),
  );
});
