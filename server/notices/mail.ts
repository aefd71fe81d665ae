import { NoticeContent, type Sender } from "../../contract/notices.ts";
import type { DueMail, MailedNotice } from "./mail-store.ts";
import type { Mail } from "./smtp.ts";

/** A mail stays one that people read; the rest is a command away. */
const SHOWN = 30;

type Item = { readonly title: string; readonly text: string; readonly project: string };

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? "");

/** A header's line, whatever stands in a name. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, 200);

const itemOf = ({ content, project }: MailedNotice): Item => {
  const { title, text } = NoticeContent.parse(JSON.parse(content));
  return { title, text, project };
};

function subjectOf(items: readonly Item[]): string {
  const [first] = items;
  const title = first?.title ?? "";
  return oneLine(items.length === 1 ? title : `${items.length} notices: ${title}`);
}

const restText = (count: number) =>
  count > 0 ? `${count} more are not in this mail: perennial lifecycle notices` : null;

const footer =
  "You get this since your address is a contact for notices. An admin of your organization can remove it: perennial contacts remove";

function plainOf(items: readonly Item[], rest: string | null): string {
  const parts = items.map(({ text, project }) => `Project ${oneLine(project)}\n\n${text.trimEnd()}\n`);
  return [...parts, ...(rest === null ? [] : [`${rest}\n`]), `-- \n${footer}\n`].join("\n\n");
}

const htmlOf = (items: readonly Item[], rest: string | null): string =>
  [
    '<!doctype html><html lang="en"><body>',
    ...items.map(
      ({ title, text, project }) =>
        `<h2>${escapeHtml(title)}</h2><p>Project ${escapeHtml(project)}</p><pre style="white-space:pre-wrap;font:inherit">${escapeHtml(text.trimEnd())}</pre>`,
    ),
    ...(rest === null ? [] : [`<p>${escapeHtml(rest)}</p>`]),
    `<hr><p>${escapeHtml(footer)}</p></body></html>`,
  ].join("\n");

/** The same mail at every attempt: all that it is made of was stored when it was told. */
export function writeMail(
  { id, address, created_at: date }: DueMail,
  notices: readonly MailedNotice[],
  from: Sender,
): Mail {
  const items = notices.map(itemOf);
  const shown = items.slice(0, SHOWN);
  const rest = restText(items.length - shown.length);
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  return {
    from,
    to: address,
    messageId: `<${id}@${domain}>`,
    listId: `<lifecycle-notices.${domain}>`,
    date,
    subject: subjectOf(items),
    text: plainOf(shown, rest),
    html: htmlOf(shown, rest),
  };
}
