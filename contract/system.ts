import { z } from "zod";

const bytes = z.int().min(0);

/** Perennial's own: the machine and what it does. */
export const SystemObject = z.object({
  object: z.literal("system"),
  version: z.string(),
  started_at: z.int(),
  uptime_seconds: z.int(),
  cores: z.int(),
  memory: z.object({
    total_bytes: bytes,
    /** null: this system does not say what could be freed. */
    available_bytes: bytes.nullable(),
    /** Of the control plane. */
    server_bytes: bytes,
  }),
  /** Of the data folder; null: this system does not say. */
  disk: z.object({ total_bytes: bytes, free_bytes: bytes }).nullable(),
  trainings: z.object({
    /** At the same time, where memory allows. */
    limit: z.int(),
    /** Of all projects. A paused one runs until its step is done. */
    running: z.int(),
    waiting: z.int(),
    /** Of those, the ones that the caller may see. */
    jobs: z.array(z.object({ id: z.string(), project_id: z.string(), model: z.string() })),
  }),
  /** Processes that answer, of the models that anybody has asked lately. */
  engines: z.array(
    z.object({
      base: z.string(),
      pid: z.int(),
      adapters: z.int(),
      memory_bytes: bytes.nullable(),
    }),
  ),
  /** Requests for answers, by base model. */
  requests: z.array(z.object({ base: z.string(), working: z.int(), waiting: z.int() })),
});
export type SystemObject = z.infer<typeof SystemObject>;
