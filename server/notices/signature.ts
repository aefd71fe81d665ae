import { createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";

export const newSecret = (): string => `${PREFIX}${randomBytes(32).toString("base64")}`;

export const secretHint = (secret: string): string => `${PREFIX}...${secret.slice(-4)}`;

export type SignedPart = { readonly id: string; readonly timestamp: number; readonly body: string };

/** Standard Webhooks, version 1: HMAC-SHA256 over `id.timestamp.body` with the bytes that the secret encodes. */
export function sign(secret: string, { id, timestamp, body }: SignedPart): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** Every secret that is valid signs, so that a receiver can change over in its own time. */
export const signedHeaders = (secrets: readonly string[], part: SignedPart): Record<string, string> => ({
  "content-type": "application/json; charset=utf-8",
  "user-agent": "Perennial-Webhooks",
  "webhook-id": part.id,
  "webhook-timestamp": String(part.timestamp),
  "webhook-signature": secrets.map((secret) => sign(secret, part)).join(" "),
});
