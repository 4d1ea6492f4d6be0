import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { labelLayout, labelsApart } from "../../widgets/routing/labelLayout.ts";

describe("labels of a map's columns", () => {
  it("are turned where texts are wider than their cells, with room over and beside them", () => {
    const widths = [8, 70, 8, 8];
    const turned = labelLayout({ widths, areTexts: true, room: 200 });
    assert.equal(turned.isTurned, true);
    const end = 1.5 * turned.cellWidth + 70 * Math.cos((50 / 180) * Math.PI);
    assert.ok(end <= 4 * turned.cellWidth + turned.right);
    const last = labelLayout({ widths: [8, 8, 8, 70], areTexts: true, room: 200 });
    assert.ok(last.right - 70 * Math.cos((50 / 180) * Math.PI) > -last.cellWidth / 2);
    assert.ok(last.right > turned.right, "the last label ends behind the cells");
    assert.ok(turned.top > 22 + 70 * Math.sin((50 / 180) * Math.PI));
    assert.ok(4 * turned.cellWidth + turned.right <= 200);
  });

  it("lie where they fit, where they are numbers, and where cells are narrower than a line of text", () => {
    assert.equal(labelLayout({ widths: [8, 20], areTexts: true, room: 400 }).isTurned, false);
    assert.equal(labelLayout({ widths: [8, 70], areTexts: false, room: 100 }).isTurned, false);
    const narrow = labelLayout({ widths: Array(40).fill(70), areTexts: true, room: 300 });
    assert.equal(narrow.isTurned, false);
    assert.ok(narrow.cellWidth <= 300 / 40);
  });

  it("keep a short neighbour of the lit one, and leave out what would touch what is wanted before it", () => {
    const centreOf = (column: number) => 32 * column;
    assert.deepEqual(
      labelsApart([0, 1, 2], centreOf, () => 8),
      [0, 1, 2],
    );
    const widthOf = (column: number) => (column === 1 ? 60 : 8);
    assert.deepEqual(labelsApart([0, 1, 2], centreOf, widthOf), [0, 2]);
    assert.deepEqual(labelsApart([1, 0, 2], centreOf, widthOf), [1]);
  });
});
