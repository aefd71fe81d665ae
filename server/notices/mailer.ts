import type { Sender } from "../../contract/notices.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { writeMail } from "./mail.ts";
import type { DueMail, MailEnd, MailStore } from "./mail-store.ts";
import { waitAfter } from "./retry.ts";
import type { MailReply, SendMail } from "./smtp.ts";

type Needs = {
  store: MailStore;
  send: SendMail;
  from: Sender;
  now: Clock;
  log: Log;
  random: () => number;
  /** Mails that are handed in at the same time. */
  limit?: number;
  /** Something went wrong on our side: how long until it is tried again. */
  retryMs?: number;
};

const LONGEST_SLEEP_MS = 3600 * 1000;
/** Longer than any attempt: one that has said nothing by then went with its server. */
const CLAIM_SECONDS = 60;

/** `attempts` counts this one. */
export function judgeMail(
  reply: MailReply,
  { attempts, now, random }: { attempts: number; now: number; random: number },
): MailEnd {
  if (reply.kind === "accepted") return { kind: "sent" };
  const { isFinal, error } = reply;
  const wait = isFinal ? null : waitAfter(attempts, random);
  return wait === null ? { kind: "failed", error } : { kind: "retry", at: now + wait, error };
}

/**
 * Hands in mail that is due, each by one server. It looks when it is woken and sleeps until the next is due. Addresses
 * stay out of the log.
 */
export function createMailer({ store, send, from, now, log, random, limit = 4, retryMs = 5000 }: Needs) {
  const stopping = new AbortController();
  const busy = new Set<Promise<void>>();
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let timer: NodeJS.Timeout | undefined;

  function wakeIn(ms: number): void {
    clearTimeout(timer);
    if (!stopping.signal.aborted) timer = setTimeout(wake, Math.min(ms, LONGEST_SLEEP_MS)).unref();
  }

  async function attempt(mail: DueMail): Promise<void> {
    const reply = await send(writeMail(mail, await store.listNotices(mail.id), from), stopping.signal);
    // Whether it was taken is not known: it is sent again once the claim is over, under the same Message-ID.
    if (stopping.signal.aborted) return;
    const ended = now();
    const end = judgeMail(reply, { attempts: mail.attempts + 1, now: ended, random: random() });
    await store.finish(mail, end, ended);
    const facts = { mailId: mail.id, end: end.kind, code: reply.kind === "accepted" ? 250 : reply.code };
    if (end.kind === "sent") log.info(facts, "notice mailed");
    else log.warn(facts, "notice not mailed");
  }

  function start(mail: DueMail): void {
    const done: Promise<void> = attempt(mail)
      .catch((err: unknown) => log.error({ err, mailId: mail.id }, "mailing a notice failed on our side"))
      .finally(() => {
        busy.delete(done);
        wake();
      });
    busy.add(done);
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    while (busy.size < limit && !stopping.signal.aborted) {
      const [next] = await store.listNext(1);
      if (!next) return;
      const at = now();
      const wait = (next.next_attempt_at ?? at) - at;
      if (wait > 0) return wakeIn(wait * 1000);
      // Another server may be quicker.
      if (await store.claim(next, at + CLAIM_SECONDS)) start(next);
    }
  }

  async function lookWhileAsked(): Promise<void> {
    try {
      while (lookAgain && !stopping.signal.aborted) {
        lookAgain = false;
        await look();
      }
    } catch (err) {
      log.error({ err }, "looking for mail to send failed; it is tried again");
      wakeIn(retryMs);
    } finally {
      looking = null;
    }
  }

  function wake(): void {
    lookAgain = true;
    if (!stopping.signal.aborted) looking ??= lookWhileAsked();
  }

  return {
    wake,
    /** Breaks off what is under way. */
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
      await Promise.allSettled(busy);
    },
  };
}
export type Mailer = ReturnType<typeof createMailer>;
