import { z } from "zod";
import type { Adapter } from "../engine.ts";
import { type Connection, exchange } from "../engine-http.ts";

const LoadedAdapters = z.array(z.object({ id: z.int(), path: z.string() }));
const BusySlots = z.array(z.object({ is_processing: z.boolean() }));

/** Throws unless the server answers to our key and holds exactly these adapters, numbered as we number them. */
export async function assertLoaded(
  connection: Connection,
  adapters: readonly Adapter[],
  signal: AbortSignal,
): Promise<void> {
  const loaded = LoadedAdapters.parse(await exchange(connection, "/lora-adapters", null, signal));
  const isSame = ({ id, path }: { id: number; path: string }, index: number) =>
    id === index && path === adapters[index]?.path;
  if (loaded.length !== adapters.length || !loaded.every(isSame)) {
    throw new Error(`The engine did not load the adapters that it was given: ${JSON.stringify(loaded)}`);
  }
}

/** How many requests the server is working on. */
export async function countBusySlots(connection: Connection, signal: AbortSignal): Promise<number> {
  const slots = BusySlots.parse(await exchange(connection, "/slots", null, signal));
  return slots.filter((slot) => slot.is_processing).length;
}
