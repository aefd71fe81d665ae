import { createHash } from "node:crypto";
import type { Clock } from "../platform/clock.ts";
import type { AppContext } from "../platform/http.ts";

type Seen = { readonly tag: string; readonly since: number };

export type Body = {
  /** Which of a bounded number of documents this is. */
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const tagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;

const secondsOf = (date: string | undefined): number => Date.parse(date ?? "") / 1000;

/** RFC 9110, 13.2.2: the tag decides where one is sent, the time otherwise. */
function isCurrent(c: AppContext, { tag, since }: Seen): boolean {
  const tags = c.req.header("if-none-match");
  if (tags === undefined) return secondsOf(c.req.header("if-modified-since")) >= since;
  return tags.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
}

/** Answers documents that are asked for again and again; a reader that has the current one gets 304. */
export function createConditional(now: Clock) {
  const seen = new Map<string, Seen>();

  /** The time at which this server first saw the document as it is; two changes never share one. */
  function remember(name: string, text: string): Seen {
    const tag = tagOf(text);
    const last = seen.get(name);
    if (last?.tag === tag) return last;
    const next = { tag, since: Math.max(now(), (last?.since ?? 0) + 1) };
    seen.set(name, next);
    return next;
  }

  return (c: AppContext, { name, type, text, headers }: Body): Response => {
    const current = remember(name, text);
    const about = {
      ...headers,
      etag: current.tag,
      "last-modified": new Date(current.since * 1000).toUTCString(),
      "cache-control": "no-cache",
    };
    if (isCurrent(c, current)) return c.body(null, 304, about);
    return c.body(text, 200, { ...about, "content-type": type, "x-content-type-options": "nosniff" });
  };
}
