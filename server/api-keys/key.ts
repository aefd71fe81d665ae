import { hash, timingSafeEqual } from "node:crypto";
import { randomText } from "../platform/ids.ts";

/** 48 characters hold 285 bits: a fast hash is enough, since nothing can be guessed. */
export const newProjectKey = () => `sk-proj-${randomText(48)}`;
export const newAdminKey = () => `sk-admin-${randomText(48)}`;

export const hashKey = (key: string): string => hash("sha256", key);

/** Enough to tell keys apart; a short one, chosen by hand, would be given away by its ends. */
export const redactKey = (key: string): string =>
  key.length < 24 ? "..." : `${key.slice(0, 8)}...${key.slice(-4)}`;

/** The row was found by this hash already; comparing once more in constant time keeps it so if the look-up changes. */
export const isSameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The token of `Authorization: Bearer …`; null: none was given. */
export const bearerToken = (header: string | undefined): string | null =>
  /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1] ?? null;
