import assert from "node:assert/strict";
import { notebookSuite } from "../fixtures/notebookSuite.ts";
import { assertThinkingNotebookClaims } from "../fixtures/thinkingNotebookClaims.ts";

notebookSuite(5, 6, {
  "05-thinking.ipynb": assertThinkingNotebookClaims,
  "06-evaluation.ipynb": (cells) => {
    const text = JSON.stringify(cells);
    const hashes = new Set(text.match(/'[0-9a-f]{64}'/g));
    assert.equal(hashes.size, 3, "of the weights and of two tables");
    assert.doesNotMatch(text, /"output_type":"error"|error TS\d/);
  },
});
