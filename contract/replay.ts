import { z } from "zod";

/** What the application answered. */
export const ReplayAnswer = z.object({
  status: z.int(),
  /** Of the error body; null: there is none. */
  code: z.string().nullable(),
  message: z.string().nullable(),
  /** `Deprecation` and `Sunset`, where the answer carries them. */
  deprecation: z.string().nullable(),
  sunset: z.string().nullable(),
});
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;

export const ReplayOrganization = z.object({
  name: z.string(),
  story: z.string(),
  /** What it calls: its own tuned model, or a base. */
  model: z.string(),
});
export type ReplayOrganization = z.infer<typeof ReplayOrganization>;

export const ReplayMoment = z.object({
  at: z.iso.datetime(),
  note: z.string(),
  /** By organization: `POST /v1/fine_tuning/jobs`, and `POST /v1/chat/completions` with its model. */
  answers: z.record(z.string(), z.object({ create: ReplayAnswer, infer: ReplayAnswer })),
});
export type ReplayMoment = z.infer<typeof ReplayMoment>;

/** One line of the replay's output. */
export const ReplayLine = z.discriminatedUnion("type", [
  z.object({ type: z.literal("begin"), moments: z.int() }),
  z.object({ type: z.literal("organization"), organization: ReplayOrganization }),
  z.object({ type: z.literal("moment"), moment: ReplayMoment }),
]);
export type ReplayLine = z.infer<typeof ReplayLine>;

export const Replay = z.object({
  object: z.literal("lifecycle.replay"),
  policy: z.string(),
  organizations: z.array(ReplayOrganization),
  moments: z.array(ReplayMoment),
});
export type Replay = z.infer<typeof Replay>;
