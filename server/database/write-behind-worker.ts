/** The other side of write-behind.ts: writes batches in the order in which they come. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { Batch, BehindData, Written } from "./write-behind.ts";

const { path, statements }: BehindData = workerData;
const database = new DatabaseSync(path);
// What a power cut may take are the last moments: worth not to wait for the disk.
database.exec("pragma synchronous=normal; pragma busy_timeout=5000");
const prepared = statements.map((sql) => database.prepare(sql));

function write(batch: Batch): Written {
  try {
    database.exec("begin immediate");
    for (const [statement, values] of batch) prepared[statement]?.run(...values);
    database.exec("commit");
    return { count: batch.length, problem: null };
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    return { count: batch.length, problem: String(error) };
  }
}

parentPort?.on("message", (batch: Batch | null) => {
  if (batch) return parentPort?.postMessage(write(batch));
  database.close();
  parentPort?.close();
});
