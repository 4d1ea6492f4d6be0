import { exerciseSuite } from "../fixtures/exerciseSuite.ts";

exerciseSuite(11, 14);
