import { isIP } from "node:net";
import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Sender } from "../../contract/notices.ts";

export type Mail = {
  readonly from: Sender;
  readonly to: string;
  /** Of one mail, however often it is tried. */
  readonly messageId: string;
  readonly listId: string;
  /** Unix seconds. */
  readonly date: number;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

export type MailReply =
  | { readonly kind: "accepted" }
  /** `isFinal`: the server says that this mail will never go through. `code`: SMTP's, if it answered. */
  | {
      readonly kind: "refused";
      readonly isFinal: boolean;
      readonly code: number | null;
      readonly error: string;
    };

/** Hands in one mail; it never throws. Where `signal` aborts, what it says is worth nothing. */
export type SendMail = (mail: Mail, signal: AbortSignal) => Promise<MailReply>;

const ERROR_LENGTH = 500;
const isLoopback = (host: string) => host === "localhost" || host === "::1" || /^127\./.test(host);

/** What a URL says of a server: `smtps` is TLS from the start, `smtp` takes STARTTLS where it is offered. */
export function smtpOptions(text: string) {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const auth = user === "" ? null : { user, pass: decodeURIComponent(url.password) };
  // A password never goes over a network in clear.
  const requireTLS = !secure && auth !== null && !isLoopback(host);
  const port = Number(url.port || (secure ? 465 : 587));
  return {
    connection: { host, port, secure, requireTLS, ...(isIP(host) ? {} : { servername: host }) },
    auth,
  };
}

/** SMTP's final word on this mail; what is wrong with the server or with our account may be mended. */
const isFinal = (error: Error, status: number | null): boolean =>
  status !== null &&
  status >= 500 &&
  "code" in error &&
  (error.code === "EENVELOPE" || error.code === "EMESSAGE");

function refused(cause: unknown): MailReply {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : null;
  const text = error.message.replace(/\s+/g, " ").trim() || error.name;
  return { kind: "refused", isFinal: isFinal(error, code), code, error: text.slice(0, ERROR_LENGTH) };
}

function compose({ from, to, messageId, listId, date, subject, text, html }: Mail) {
  return new MailComposer({
    from,
    to: { name: "", address: to },
    messageId,
    date: new Date(date * 1000),
    subject,
    text,
    html,
    headers: { "Auto-Submitted": "auto-generated", "List-Id": listId },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
}

type Needs = { readonly url: string; readonly timeoutMs?: number };

/** A connection of its own for each mail: they are few, and one that hangs holds up nothing else. */
export function createSendMail({ url, timeoutMs = 30_000 }: Needs): SendMail {
  const { connection: options, auth } = smtpOptions(url);
  const limits = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs };

  async function handIn(connection: SMTPConnection, mail: Mail): Promise<void> {
    const message = compose(mail);
    const content = await message.build();
    await new Promise<void>((resolve, reject) => {
      connection.on("error", reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    if (auth)
      await new Promise<void>((resolve, reject) => {
        connection.login(auth, (error) => (error ? reject(error) : resolve()));
      });
    await new Promise<void>((resolve, reject) => {
      connection.send({ from: mail.from.address, to: [mail.to] }, content, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  return async (mail, signal) => {
    const connection = new SMTPConnection({ ...options, ...limits, socketCloseTimeout: 0 });
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    // The library says nothing any more once the connection is closed from this side.
    const aborted = new Promise<never>((_, reject) => {
      ended.addEventListener("abort", () => {
        reject(new Error(`No answer within ${timeoutMs / 1000} seconds.`));
      });
    });
    try {
      await Promise.race([handIn(connection, mail), aborted]);
      return { kind: "accepted" };
    } catch (cause) {
      return refused(cause);
    } finally {
      // Without QUIT: the mail is the server's by now, or is not.
      connection.on("error", () => {});
      connection.close();
    }
  };
}
