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
  const { kind, previousDate } = draft.due;
  if (kind === "withdrawn") return `Called off: ${headline}`;
  if (kind === "moved") return `Moved from ${previousDate}: ${headline}`;
  return draft.hasCome ? headline : `${headline}, in ${daysText(daysLeft)}`;
}

const openings = {
  announcement: () => "",
  reminder: () => "",
  moved: ({ due }: Draft) => `You were told of ${due.previousDate}; the date is another one now. `,
  withdrawn: () => "You were told of this date. It is called off: you need do nothing.",
} as const;

/** One that is gone, or that no longer stands, has nothing to say but that. */
const bodyOf = (draft: Draft): string =>
  `${openings[draft.due.kind](draft)}${draft.due.kind === "withdrawn" ? "" : topicTexts[draft.due.topic.what].what(draft)}`;

function listText(title: string, items: readonly string[], total: number): string[] {
  if (items.length === 0) return [];
  const more = total > SHOWN ? [`  and ${total - SHOWN} more`] : [];
  return ["", title, ...items.slice(0, SHOWN).map((item) => `  ${item}`), ...more];
}

const todoOf = (draft: Draft): string[] =>
  draft.due.kind === "withdrawn" ? [] : [...topicTexts[draft.due.topic.what].todo(draft)];

function textOf(draft: Draft, title: string, todo: readonly string[]): string {
  const { due, models, modelsTotal, keys, reason, page } = draft;
  const keyNames = keys.map(({ id, name }) => (name === "" ? id : `${id} (${name})`));
  return [
    `${title}.`,
    "",
    bodyOf(draft),
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
  const title = titleOf(draft, days_left);
  const todo = todoOf(draft);
  return {
    previous_date: due.previousDate,
    days_left,
    models: [...models],
    models_total: modelsTotal,
    keys: [...keys],
    successor,
    reason,
    what_to_do: todo,
    title,
    text: textOf(draft, title, todo),
  };
}
