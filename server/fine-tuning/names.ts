/** The parts of a tuned model's name (as on OpenAI's wire: `ft:{base}:{owner}:{suffix or empty}:{8 characters}`). */
type NameParts = { base: string; owner: string; suffix: string | null };

export const tunedModelName = ({ base, owner, suffix }: NameParts, tail: string): string =>
  `ft:${base}:${owner}:${suffix ?? ""}:${tail}`;

/** Each earlier checkpoint has a tail of its own; the last one is the model itself. */
export const checkpointName = (parts: NameParts, tail: string, step: number): string =>
  `${tunedModelName(parts, tail)}:ckpt-step-${step}`;
