import type { NoticeContent } from "../../contract/notices.ts";
import { daysUntil } from "../lifecycle/day.ts";
import type { Draft } from "./draft.ts";
import { topicTexts } from "./notice-topic-text.ts";

const SHOWN = 20;

const headlineOf = (draft: Draft): string => {
  const [ahead, come] = topicTexts[draft.due.topic.what].headline(draft);
  return draft.hasCome ? come : ahead;
};

const daysText = (days: number) => (days === 1 ? "1 day" : `${days} days`);

function titleOf(draft: Draft, daysLeft: number): string {
  const headline = headlineOf(draft);
  if (draft.due.kind === "moved") return `Moved from ${draft.due.previousDate}: ${headline}`;
  return draft.hasCome ? headline : `${headline}, in ${daysText(daysLeft)}`;
}

type Told = { readonly title: string; readonly body: string; readonly todo: readonly string[] };

/** A date that is gone has nothing more to say than that. */
function tellGone(draft: Draft): Told {
  const gone = topicTexts[draft.due.topic.what].gone?.(draft);
  const title = gone?.title ?? `Called off: ${headlineOf(draft)}`;
  const body = gone?.text ?? "You were told of this date. It is called off.";
  return { title, body, todo: [] };
}

function tell(draft: Draft, daysLeft: number): Told {
  const { kind, topic, previousDate } = draft.due;
  if (kind === "withdrawn") return tellGone(draft);
  const moved = kind === "moved" ? `You were told of ${previousDate}; the date is another one now. ` : "";
  const { what, todo } = topicTexts[topic.what];
  return { title: titleOf(draft, daysLeft), body: `${moved}${what(draft)}`, todo: todo(draft) };
}

function listText(title: string, items: readonly string[], total: number): string[] {
  if (items.length === 0) return [];
  const more = total > SHOWN ? [`  and ${total - SHOWN} more`] : [];
  return ["", title, ...items.slice(0, SHOWN).map((item) => `  ${item}`), ...more];
}

function textOf(draft: Draft, { title, body, todo }: Told): string {
  const { due, models, modelsTotal, keys, reason, page } = draft;
  const keyNames = keys.map(({ id, name }) => (name === "" ? id : `${id} (${name})`));
  return [
    `${title}.`,
    "",
    body,
    ...(reason === null ? [] : [`Reason: ${reason}`]),
    ...listText("Your models that this is about:", models, modelsTotal),
    ...listText("Your keys that called them in the last 30 days:", keyNames, keyNames.length),
    ...listText("What to do:", todo, todo.length),
    "",
    `Where you stand: perennial lifecycle status`,
    `All dates: ${page}`,
    `Project: ${due.project.id}`,
    "",
  ].join("\n");
}

/** All that a notice says, as it is kept. */
export function writeNotice(draft: Draft): NoticeContent {
  const { due, models, modelsTotal, keys, successor, reason } = draft;
  const days_left = daysUntil(due.date, draft.census.now);
  const told = tell(draft, days_left);
  return {
    previous_date: due.previousDate,
    days_left,
    models: [...models],
    models_total: modelsTotal,
    keys: [...keys],
    successor,
    reason,
    what_to_do: [...told.todo],
    title: told.title,
    text: textOf(draft, told),
  };
}
