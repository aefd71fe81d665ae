/** So many streams at once, each followed by the next as it ends: counts the chunks that come, in a process of its own. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { countEvents, createEventCount, type EventCount } from "./events.ts";
import { LoadJob, rounded, type StreamsResult, told } from "./load.ts";
import { startMeter } from "./usage.ts";

/** How long streams under way at the end may take to end by themselves. */
const DRAIN_MS = 2000;
const READ_BYTES = 64 * 1024;

const job = told(LoadJob);
const seen = { chunks: 0, bytes: 0, ended: 0, failed: 0 };
let isOver = false;

/** The request as its bytes, and the answer counted in its bytes: an HTTP client would take as much of the machine as a gateway. */
function requestBytes(): string {
  const { host, pathname } = new URL(job.target.url);
  const headers = { ...job.target.headers, host, "content-length": Buffer.byteLength(job.body) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n${job.body}`;
}

const REQUEST = requestBytes();
/** The last chunk of HTTP's chunked coding (RFC 9112, 7.1). */
const END = Buffer.from("\r\n0\r\n\r\n");

const OK = Buffer.from("HTTP/1.1 200 ");

/** Streams of one kept connection, one after the other; resolves when it closes. */
function streamsOfOneConnection(): Promise<void> {
  let count: EventCount | undefined;
  const { hostname, port } = new URL(job.target.url);
  const ended = (isWell: boolean): void => {
    if (!isOver) seen[isWell ? "ended" : "failed"] += 1;
    count = undefined;
  };
  return new Promise((resolve) => {
    const next = (): void => void (isOver ? socket.destroy() : socket.write(REQUEST));
    const read = (length: number, buffer: Uint8Array): boolean => {
      const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length);
      if (count === undefined && !bytes.subarray(0, OK.length).equals(OK))
        socket.destroy(new Error("refused"));
      count ??= createEventCount();
      seen.chunks += countEvents(count, bytes);
      seen.bytes += length;
      if (!count.tail.subarray(-END.length).equals(END)) return true;
      ended(count.isDone);
      next();
      return true;
    };
    const onread = { buffer: Buffer.alloc(READ_BYTES), callback: read };
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread }, next);
    socket.on("error", () => {});
    socket.on("close", () => {
      ended(false);
      resolve();
    });
  });
}

async function stream(): Promise<void> {
  while (!isOver) await streamsOfOneConnection();
}

const streams = Array.from({ length: job.connections }, stream);
await sleep(job.warmSeconds * 1000);
const before = { ...seen };
const started = performance.now();
const coresUsed = startMeter(job.groups);
await sleep(job.seconds * 1000);
const seconds = (performance.now() - started) / 1000;
const result: z.infer<typeof StreamsResult> = {
  chunks_per_second: rounded((seen.chunks - before.chunks) / seconds, 0),
  mb_per_second: rounded((seen.bytes - before.bytes) / seconds / 1e6),
  streams_ended: seen.ended,
  failed: seen.failed,
  cores: coresUsed(),
};
isOver = true;
await Promise.race([Promise.all(streams), sleep(DRAIN_MS)]);
console.log(JSON.stringify(result));
process.exit(0);
