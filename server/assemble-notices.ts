import type { KeyStore } from "./api-keys/key-store.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/database.ts";
import { createFactsStore } from "./lifecycle/facts-store.ts";
import { createImpactStore } from "./lifecycle/impact-store.ts";
import { createLifecycleStore } from "./lifecycle/lifecycle-store.ts";
import { createContactStore } from "./notices/contact-store.ts";
import { createContacts } from "./notices/contacts.ts";
import { createMailStore } from "./notices/mail-store.ts";
import { createMailer } from "./notices/mailer.ts";
import { createNoticeList } from "./notices/notice-list.ts";
import { createNoticeStore } from "./notices/notice-store.ts";
import { createNotices } from "./notices/notices.ts";
import type { Send } from "./notices/send.ts";
import { createSendMail, type SendMail } from "./notices/smtp.ts";
import { createTellDue } from "./notices/tell-due.ts";
import { createTeller } from "./notices/teller.ts";
import { KEPT_SECONDS } from "./notices/webhook.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";

type Needs = {
  config: Config;
  db: Database;
  keyStore: Pick<KeyStore, "findProject">;
  /** Where people read about dates. */
  page: string;
  now: Clock;
  log: Log;
  /** How webhooks are sent; undefined: over the network. */
  sendWebhook: Send | undefined;
  /** How mail is handed in; undefined: to the SMTP server of the settings. */
  sendMail: SendMail | undefined;
};

/** What the server tells by itself, and the loops that tell and send it. Nothing starts before it is woken. */
export function assembleNotices({ config, db, keyStore, page, now, log, sendWebhook, sendMail }: Needs) {
  const allowsPrivate = config.PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES === "allow";
  const sending = sendWebhook ? { send: sendWebhook } : {};
  const { webhooks, deliveries, deliverer } = createNotices({ db, now, log, allowsPrivate, ...sending });
  const store = createNoticeStore(db);
  const mails = createMailStore(db);
  const { mail } = config;
  const mailer =
    mail &&
    createMailer({
      store: mails,
      send: sendMail ?? createSendMail({ url: mail.url }),
      from: mail.from,
      now,
      log,
      random: Math.random,
    });
  const sendsMail = mail !== null;
  const tellDue = createTellDue({
    readEntries: () => createLifecycleStore(db).read(),
    impact: createImpactStore(db),
    facts: createFactsStore(db),
    store,
    outlets: { sendsMail },
    page,
  });
  const onTold = () => {
    deliverer.wake();
    mailer?.wake();
  };
  const teller = createTeller({ tellDue, readVersion: store.version, now, log, onTold });
  const contacts = createContacts({
    store: createContactStore(db),
    findProject: keyStore.findProject,
    sendsMail,
    now,
  });
  return {
    webhooks,
    deliveries,
    deliverer,
    notices: { told: createNoticeList(store), contacts },
    teller,
    mailer,
    /** Mail is kept as long as webhooks are. */
    async expire() {
      await deliveries.expire();
      await mails.purge(now() - KEPT_SECONDS);
    },
    /** Looks for what is to be told and sent. */
    wake: () => {
      deliverer.wake();
      teller.wake();
      mailer?.wake();
    },
    async [Symbol.asyncDispose]() {
      await teller[Symbol.asyncDispose]();
      await mailer?.[Symbol.asyncDispose]();
      await deliverer[Symbol.asyncDispose]();
    },
  };
}
