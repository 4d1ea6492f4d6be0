import { editsSuite } from "./editsSuite.ts";

editsSuite("cpu");
