import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HostArray, Tensor } from "../../engine/tensor/tensor.ts";
import fc from "../fixtures/fastCheck.ts";

const matrix = (...rows: number[][]) =>
  new Tensor(Float64Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0], ["T", "M"]);

/** A tensor of up to four axes, of numbers that float32 has. */
const tensors = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const number = fc.integer({ min: -64, max: 64 }).map((x) => x / 8);
    return fc
      .array(number, { minLength: size, maxLength: size })
      .map((numbers) => new Tensor(Float64Array.from(numbers), shape));
  });
const withAxis = tensors.chain((tensor) =>
  fc.tuple(fc.constant(tensor), fc.nat({ max: tensor.shape.length - 1 })),
);

/** Every full index of a shape, in the order of the data. */
function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The numbers along an axis through an index. */
const lineThrough = (tensor: Tensor, index: readonly number[], axis: number): number[] =>
  Array.from({ length: tensor.shape[axis] ?? 0 }, (_, i) => tensor.at(...index.with(axis, i)));

const near = (got: ArrayLike<number>, wanted: readonly number[], within = 1e-12) => {
  assert.equal(got.length, wanted.length);
  for (const [i, x] of wanted.entries())
    assert.ok(Math.abs((got[i] ?? Number.NaN) - x) <= within, `${i}: ${got[i]}, not ${x}`);
};

describe("a part of a tensor", () => {
  it("has the numbers that the ranges name, and drops the axes of single indices", () => {
    const whole = new Tensor(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
      ["H", "T", "S"],
    );
    const part = whole.slice({ H: -1, S: [1, 3] });
    assert.deepEqual([part.shape, part.dims, part.dtype], [[3, 2], ["T", "S"], "f32"]);
    assert.deepEqual([...part.data], [13, 14, 17, 18, 21, 22]);
  });

  it("is a copy, also where nothing is cut", () => {
    const whole = matrix([1, 2]);
    for (const part of [whole.slice({}), whole.slice({ T: 0 }), whole.slice({ M: [0, 1] })]) {
      part.data[0] = 9;
      assert.equal(whole.data[0], 1);
    }
  });

  it("is refused where the axis or the index is not there", () => {
    const whole = matrix([1, 2]);
    const named = /axes \(T, M\) by its name, got "H"\./;
    assert.throws(() => whole.slice({ H: 0 }), { code: "ERR_SHAPE", message: named });
    assert.throws(() => whole.slice({ 0: 0 }), { message: /by its name, got "0"\./ });
    assert.throws(() => whole.mean(2), { message: /by its name or number, got 2\./ });
    assert.throws(() => whole.mean("H"), { message: /by its name or number, got "H"\./ });
    assert.throws(() => whole.slice({ M: 2 }), { code: "ERR_SELECTION", message: /M: .*got 2/ });
    const twice = new Tensor(new Float32Array(4), [2, 2], ["E", "E"]);
    assert.throws(() => twice.slice({ E: 0 }), { message: /which several have/ });
  });
});

describe("the transpose", () => {
  it("swaps the last two axes and their names", () => {
    fc.assert(
      fc.property(
        tensors.filter(({ shape }) => shape.length > 1),
        (tensor) => {
          const turned = tensor.transpose();
          for (const index of indicesOf(tensor.shape)) {
            const [row = 0, column = 0] = index.slice(-2);
            const other = [...index.slice(0, -2), column, row];
            assert.equal(turned.at(...other), tensor.at(...index));
          }
          assert.deepEqual(turned.dims.toSpliced(-2), tensor.dims.toSpliced(-2));
        },
      ),
    );
    assert.deepEqual(matrix([1, 2]).transpose().dims, ["M", "T"]);
    assert.throws(() => new Tensor(new Float32Array(2), [2]).transpose(), { code: "ERR_SHAPE" });
  });
});

describe("a matrix product", () => {
  it("is the sum over the axis that both have", () => {
    const [a, b] = [matrix([1, 2, 3], [4, 5, 6]), matrix([1, 0], [0, 1], [2, -1])];
    const product = a.matmul(new Tensor(b.data, b.shape, ["M", "V"]));
    assert.deepEqual(
      [product.shape, product.dims],
      [
        [2, 2],
        ["T", "V"],
      ],
    );
    assert.deepEqual([...product.data], [7, -1, 16, -1]);
  });

  it("takes one matrix for all of a batch, or one for each", () => {
    const batch = new Tensor(Float32Array.from([1, 2, 3, 4]), [2, 1, 2], ["H", "T", "D"]);
    const one = new Tensor(Float32Array.from([1, 1]), [2, 1], ["D", "M"]);
    assert.deepEqual([...batch.matmul(one).data], [3, 7]);
    const each = new Tensor(Float32Array.from([1, 0, 0, 1]), [2, 2, 1], ["H", "D", "M"]);
    const product = batch.matmul(each);
    assert.deepEqual([...product.data], [1, 4]);
    assert.deepEqual(
      [product.shape, product.dims, product.dtype],
      [[2, 1, 1], ["H", "T", "M"], "f32"],
    );
  });

  it("takes vectors as a row on the left and a column on the right", () => {
    const [m, v] = [matrix([1, 2], [3, 4]), new Tensor(Float64Array.of(1, -1), [2], ["M"])];
    assert.deepEqual([...m.matmul(v).data], [-1, -1]);
    assert.deepEqual([...v.matmul(m).data], [-2, -2]);
    const inner = v.matmul(v);
    assert.deepEqual([inner.shape, [...inner.data]], [[], [2]]);
  });

  it("goes with the transpose: (a b)^T is b^T a^T", () => {
    const sizes = fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 5 })));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 1e6 }), ([n = 1, k = 1, m = 1], seed) => {
        const random = (size: number, salt: number) =>
          Float64Array.from({ length: size }, (_, i) => ((seed + salt * 7919 + i * 31) % 17) - 8);
        const a = new Tensor(random(n * k, 1), [n, k]);
        const b = new Tensor(random(k * m, 2), [k, m]);
        const turned = b.transpose().matmul(a.transpose());
        assert.deepEqual(a.matmul(b).transpose().data, turned.data);
      }),
    );
  });

  it("is refused where the axes do not fit, and for whole numbers", () => {
    assert.throws(() => matrix([1, 2]).matmul(matrix([1, 2])), {
      code: "ERR_SHAPE",
      message: /got \(1, 2\) times \(1, 2\)/,
    });
    const ids = new Tensor(new Int32Array(2), [1, 2]);
    assert.throws(() => ids.matmul(matrix([1], [2])), { code: "ERR_DTYPE" });
    const two = new Tensor(new Float32Array(4), [2, 2, 1]);
    const three = new Tensor(new Float32Array(3), [3, 1, 1]);
    assert.throws(() => two.matmul(three), { code: "ERR_SHAPE" });
  });
});

describe("softmax", () => {
  it("is e^x over its sum along any axis, and its logarithm", () => {
    fc.assert(
      fc.property(withAxis, ([tensor, axis]) => {
        const wanted = indicesOf(tensor.shape).map((index) => {
          const line = lineThrough(tensor, index, axis);
          return Math.exp(tensor.at(...index)) / line.reduce((sum, x) => sum + Math.exp(x), 0);
        });
        near(tensor.softmax(axis).data, wanted);
        near(tensor.logSoftmax(axis).data, wanted.map(Math.log));
      }),
    );
  });

  it("stays finite for large numbers, and has 0 where scores are -Infinity", () => {
    const scores = matrix([1000, 1000, Number.NEGATIVE_INFINITY]);
    assert.deepEqual([...scores.softmax().data], [0.5, 0.5, 0]);
    assert.equal(scores.logSoftmax().data[2], Number.NEGATIVE_INFINITY);
    const none = matrix([Number.NEGATIVE_INFINITY]);
    assert.ok(Number.isNaN(none.softmax().data[0]));
  });

  it("is NaN in a line with NaN or Infinity, 1 where the axis has one number, and nothing where it has none", () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const lines = matrix([1, odd, 2], [0, -0, 0]);
      for (const { data } of [lines.softmax(), lines.logSoftmax()]) {
        assert.ok(data.subarray(0, 3).every(Number.isNaN));
        assert.ok(data.subarray(3).every(Number.isFinite));
      }
    }
    const one = matrix([3, Number.NEGATIVE_INFINITY]);
    assert.deepEqual([...one.softmax("T").data], [1, Number.NaN]);
    assert.deepEqual(one.logSoftmax("T").data[0], 0);
    const none = new Tensor(new Float32Array(0), [3, 0]);
    assert.deepEqual(
      [none.softmax().shape, [...none.mean(1).data]],
      [
        [3, 0],
        [NaN, NaN, NaN],
      ],
    );
    assert.deepEqual([[...none.sum(1).data], none.sum(0).shape], [[0, 0, 0], [0]]);
    assert.throws(() => none.topK(1), { code: "ERR_RANGE" });
  });
});

describe("the largest along an axis", () => {
  it("are those that sorting gives, the first among equals first", () => {
    const arbitrary = withAxis.chain(([tensor, axis]) =>
      fc.tuple(
        fc.constant(tensor),
        fc.constant(axis),
        fc.integer({ min: 1, max: tensor.shape[axis] ?? 1 }),
      ),
    );
    fc.assert(
      fc.property(arbitrary, ([tensor, axis, k]) => {
        const { values, indices } = tensor.topK(k, axis);
        for (const index of indicesOf(values.shape)) {
          const line = lineThrough(tensor, index.with(axis, 0), axis);
          const order = [...line.keys()].sort((a, b) => (line[b] ?? 0) - (line[a] ?? 0) || a - b);
          const place = order[index[axis] ?? 0] ?? -1;
          assert.equal(indices.at(...index), place);
          assert.equal(values.at(...index), line[place]);
        }
      }),
    );
  });

  it("are the same of few and of many", () => {
    const numbers = Float64Array.from({ length: 400 }, (_, i) =>
      i % 97 === 5 ? Number.NaN : (i * 61) % 83,
    );
    const tensor = new Tensor(numbers, [400]);
    const { values, indices } = tensor.topK(400);
    const few = tensor.topK(64);
    assert.deepEqual(indices.data.slice(0, 64), few.indices.data);
    const order = [...numbers.keys()].sort((a, b) => {
      const [x = 0, y = 0] = [a, b].map((i) => (i % 97 === 5 ? -1 : numbers[i]));
      return y - x || a - b;
    });
    assert.deepEqual([...indices.data], order);
    assert.ok(values.data.slice(-5).every(Number.isNaN));
  });

  it("have NaN behind all others, and no more than there are", () => {
    const { values, indices } = matrix([Number.NaN, 1, Number.NEGATIVE_INFINITY]).topK(3);
    assert.deepEqual([...indices.data], [1, 2, 0]);
    assert.ok(Number.isNaN(values.data[2]));
    assert.throws(() => matrix([1, 2]).topK(3), {
      code: "ERR_RANGE",
      message: /from 1 to 2.*got 3/,
    });
  });

  it("take 0 and -0 for one number, and keep its sign", () => {
    const { values, indices } = matrix([-0, 0, -1, -0]).topK(3);
    assert.deepEqual([...indices.data], [0, 1, 3]);
    assert.deepEqual([...values.data], [-0, 0, -0]);
  });

  it("keep the type of the numbers", () => {
    const ids = new Tensor(Int32Array.from([3, 9, 4]), [3]);
    const { values } = ids.topK(2);
    assert.deepEqual([values.dtype, [...values.data]], ["i32", [9, 4]]);
  });
});

describe("sums, means and lengths", () => {
  it("are over one axis, which goes away", () => {
    fc.assert(
      fc.property(withAxis, ([tensor, axis]) => {
        const left = tensor.shape.toSpliced(axis, 1);
        const lines = indicesOf(left).map((index) =>
          lineThrough(tensor, index.toSpliced(axis, 0, 0), axis),
        );
        const sums = lines.map((line) => line.reduce((sum, x) => sum + x, 0));
        const by: readonly (readonly [Tensor, number[]])[] = [
          [tensor.sum(axis), sums],
          [tensor.mean(axis), sums.map((sum) => sum / (tensor.shape[axis] ?? 1))],
          [tensor.norm(axis), lines.map((line) => Math.hypot(...line))],
        ];
        for (const [got, wanted] of by) {
          assert.deepEqual(got.shape, left);
          near(got.data, wanted);
        }
      }),
    );
  });

  it("are numbers where no axis is given", () => {
    const x = matrix([3, 0], [0, 4]);
    assert.deepEqual([x.sum(), x.mean(), x.norm()], [7, 1.75, 5]);
    assert.deepEqual([x.sum("M").dims, [...x.mean("T").data]], [["T"], [1.5, 2]]);
  });

  it("leave out no number of lines of any length", () => {
    for (let size = 0; size < 10; size++) {
      const powers = new Tensor(
        Float64Array.from({ length: size }, (_, j) => 2 ** j),
        [size],
      );
      assert.equal(powers.sum(), 2 ** size - 1);
      assert.equal(powers.norm(), Math.sqrt((4 ** size - 1) / 3));
    }
  });

  it("are f32 of f32, added up in float64, and floats of whole numbers", () => {
    const x = new Tensor(new Float32Array(1000).fill(0.1), [1000]);
    assert.equal(x.sum(), Math.fround(0.1) * 1000);
    const halves = new Tensor(Int32Array.from([1, 2]), [2]).mean(0);
    assert.deepEqual([halves.dtype, halves.data[0]], ["f64", 1.5]);
    const types = (data: HostArray) => new Tensor(data, [2]).map((value) => value / 2).dtype;
    assert.deepEqual([types(new Float32Array(2)), types(new Int32Array(2))], ["f32", "f64"]);
  });
});
