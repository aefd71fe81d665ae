import { z } from "zod";
import { limitTo } from "./common.ts";
import { DateKind, Day } from "./lifecycle.ts";

export const NoticeKind = z.enum(["announcement", "reminder", "moved", "withdrawn"]);
export type NoticeKind = z.infer<typeof NoticeKind>;

/** What is told of: a deprecation is told with the dates that it brings. */
export const NoticeWhat = DateKind.exclude(["deprecation"]);
export type NoticeWhat = z.infer<typeof NoticeWhat>;

export const MailStatus = z.enum(["pending", "sent", "failed"]);
export type MailStatus = z.infer<typeof MailStatus>;

export const NoticeDelivery = z.object({
  channel: z.literal("mail"),
  address: z.string(),
  status: MailStatus,
  attempts: z.int(),
  /** Why the last attempt failed; null also while one is under way. */
  error: z.string().nullable(),
  finished_at: z.int().nullable(),
});
export type NoticeDelivery = z.infer<typeof NoticeDelivery>;

/** As it was told, once; later changes are told by notices of their own. */
export const NoticeContent = z.object({
  previous_date: Day.nullable(),
  days_left: z.int(),
  /** Those of the project that it hits: the first 100 of `models_total`. */
  models: z.array(z.string()),
  models_total: z.int(),
  /** Of the project, used with them in the 30 days before: the first 100. */
  keys: z.array(z.object({ id: z.string(), name: z.string() })),
  successor: z.string().nullable(),
  reason: z.string().nullable(),
  what_to_do: z.array(z.string()),
  title: z.string(),
  /** All of it, for people. */
  text: z.string(),
});
export type NoticeContent = z.infer<typeof NoticeContent>;

/** What a project was told of a date that hits it. */
export const LifecycleNotice = z.object({
  id: z.string(),
  object: z.literal("lifecycle.notice"),
  created_at: z.int(),
  organization_id: z.string(),
  project_id: z.string(),
  kind: NoticeKind,
  what: NoticeWhat,
  /** The base model, or the policy. */
  subject: z.string(),
  date: Day,
  ...NoticeContent.shape,
  /** Webhooks have a delivery log of their own. */
  deliveries: z.array(NoticeDelivery),
});
export type LifecycleNotice = z.infer<typeof LifecycleNotice>;

export const ListNotices = z.object({
  limit: limitTo(100, 20),
  after: z.string().optional(),
  project_id: z.string().optional(),
});
export type ListNotices = z.infer<typeof ListNotices>;

const EMAIL = "expected an address such as ops@example.com";

/** Plain ASCII of one line, so that it is an address and nothing else wherever it is put. */
export const EmailAddress = z.email(EMAIL).max(254, EMAIL);

/** `ops@example.com` or `Perennial <ops@example.com>`. */
export const Sender = z
  .string()
  .trim()
  .regex(/^(?:[\x20-\x7e]{0,100}<[^<>]+>|[^<>]+)$/, `${EMAIL} or Perennial <ops@example.com>`)
  .transform((text) => {
    const [, name = "", address = text] = /^([^<]*)<([^<>]+)>$/.exec(text) ?? [];
    return { name: name.replace(/["\\]/g, "").trim(), address: address.trim() };
  })
  .refine(({ address }) => EmailAddress.safeParse(address).success, EMAIL);
export type Sender = z.output<typeof Sender>;

const SMTP = "expected a URL such as smtp://user:password@mail.example.com:587, without a path or options";

function isServer(text: string): boolean {
  const { username, password, hostname, pathname, search, hash, port } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return hostname !== "" && port !== "0" && pathname.replace("/", "") === "" && search === "" && hash === "";
}

/** A mail server with the account to use there; what is special in a name or password is percent-encoded. */
export const SmtpUrl = z
  .url({ protocol: /^smtps?$/, error: SMTP, abort: true })
  .refine(isServer, SMTP)
  .refine((text) => new URL(text).password === "" || new URL(text).username !== "", SMTP);

/** Who gets mail: for the whole organization, or for one project. */
export const CreateContact = z.strictObject({ email: EmailAddress, project_id: z.string().nullish() });
export type CreateContact = z.infer<typeof CreateContact>;

export const NoticeContact = z.object({
  id: z.string(),
  object: z.literal("lifecycle.contact"),
  email: z.string(),
  /** null: the whole organization. */
  project_id: z.string().nullable(),
  created_at: z.int(),
});
export type NoticeContact = z.infer<typeof NoticeContact>;

export const ListContacts = z.object({ limit: limitTo(100, 20), after: z.string().optional() });
export type ListContacts = z.infer<typeof ListContacts>;
