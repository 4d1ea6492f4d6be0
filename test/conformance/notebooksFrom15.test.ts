import { notebookSuite } from "../fixtures/notebookSuite.ts";

notebookSuite(15, 99);
