import { exerciseSuite } from "../fixtures/exerciseSuite.ts";

exerciseSuite(15, 99);
