// The process that works on long JSON: takes tasks from its standard input, one after the other, until that ends.
import { answer, type Question } from "./jsonTasks.ts";
import { readPackets, type WithBytes, writePacket } from "./packets.ts";

process.on("SIGINT", () => undefined); // Ctrl-C is meant for the server, which ends this process
for await (const question of readPackets(process.stdin))
  writePacket(process.stdout, answer(question as Question & WithBytes));
