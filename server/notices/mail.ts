import { NoticeContent, type Sender } from "../../contract/notices.ts";
import type { DueMail, MailedNotice } from "./mail-store.ts";
import type { Mail } from "./smtp.ts";

/** A mail stays one that people read; the rest is a command away. */
const PARTS = 30;
const PROJECTS = 50;
const MODELS = 5;

/** One thing to tell, whole for one project; further projects that it hits too, a line each. */
type Part = { readonly title: string; readonly text: string; readonly also: readonly string[] };

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? "");

/** Of a name, what fits into one line. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, 200);

type Item = NoticeContent & { readonly id: string; readonly project: string };

const itemOf = ({ id, content, project }: MailedNotice): Item => ({
  ...NoticeContent.parse(JSON.parse(content)),
  id,
  project: oneLine(project),
});

function alsoText({ id, project, models, models_total: total }: Item): string {
  const more = total > MODELS ? ` and ${total - MODELS} more` : "";
  const own = total === 0 ? "" : `: ${models.slice(0, MODELS).join(", ")}${more}`;
  return `It hits the project ${project} too${own}. All of it: perennial lifecycle notices ${id}`;
}

function partOf(title: string, [first, ...others]: readonly Item[]): Part {
  const left = others.length - PROJECTS;
  const also = others.slice(0, PROJECTS).map(alsoText);
  const text = first ? `Project ${first.project}\n\n${first.text.trimEnd()}` : "";
  return { title, text, also: left > 0 ? [...also, `And ${left} projects more.`] : also };
}

const partsOf = (items: readonly Item[]): Part[] =>
  [...Map.groupBy(items, ({ title }) => title)].map(([title, own]) => partOf(title, own));

function subjectOf(parts: readonly Part[]): string {
  const title = parts[0]?.title ?? "";
  return oneLine(parts.length === 1 ? title : `${parts.length} notices: ${title}`);
}

const FOOTER =
  "You get this since your address is a contact for notices. An admin of your organization can remove it: perennial contacts remove";

const restText = (left: number): string[] =>
  left > 0 ? [`${left} notices more are not in this mail: perennial lifecycle notices`] : [];

const plainOf = (parts: readonly Part[], rest: readonly string[]): string =>
  [...parts.map(({ text, also }) => [text, ...also].join("\n\n")), ...rest, `-- \n${FOOTER}\n`].join(
    "\n\n\n",
  );

const paragraph = (text: string) => `<p style="white-space:pre-wrap">${escapeHtml(text)}</p>`;

const htmlOf = (parts: readonly Part[], rest: readonly string[]): string =>
  [
    '<!doctype html><html lang="en"><body>',
    ...parts.flatMap(({ title, text, also }) => [
      `<h2>${escapeHtml(title)}</h2>`,
      ...[text, ...also].map(paragraph),
    ]),
    ...rest.map(paragraph),
    `<hr>${paragraph(FOOTER)}</body></html>`,
  ].join("\n");

/** The same mail at every attempt: all that it is made of was stored when it was told. */
export function writeMail(
  { id, address, created_at: date }: DueMail,
  notices: readonly MailedNotice[],
  from: Sender,
): Mail {
  const parts = partsOf(notices.map(itemOf));
  const shown = parts.slice(0, PARTS);
  const rest = restText(parts.length - shown.length);
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  return {
    from,
    to: address,
    messageId: `<${id}@${domain}>`,
    listId: `<lifecycle-notices.${domain}>`,
    date,
    subject: subjectOf(parts),
    text: plainOf(shown, rest),
    html: htmlOf(shown, rest),
  };
}
