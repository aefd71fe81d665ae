import type { NoticeWhat } from "../../contract/notices.ts";
import { factsOf } from "../lifecycle/census.ts";
import { stageHitsAt } from "../lifecycle/stages.ts";
import { keepFor, reasonFor } from "../lifecycle/status-text.ts";
import type { Draft } from "./draft.ts";

/** How people are told of one kind of date. */
type TopicText = {
  /** For a date ahead, and for one that has come. */
  readonly headline: (draft: Draft) => readonly [ahead: string, come: string];
  readonly what: (draft: Draft) => string;
  readonly todo: (draft: Draft) => readonly string[];
  /** What is told in place of that when the date is gone; left out: that it is called off. */
  readonly gone?: (draft: Draft) => { readonly title: string; readonly text: string };
};

const FEW = 5;

const trainOn = (base: string) => `perennial jobs create --model ${base} --file FILE`;

const successorTodo = ({ successor }: Draft, how: (id: string) => string): string[] =>
  successor === null ? [] : [how(successor)];

/** When the models tuned on the base go, as far as that is planned. */
function tunedText({ due }: Draft): string {
  const day = due.event?.schedule?.tunedShutdownAt ?? null;
  return day === null
    ? "Models tuned on it are called as before."
    : `Models tuned on it are called as before until ${day}.`;
}

const trainingEnd: TopicText = {
  headline: ({ due: { topic, date } }) => [
    `Training on ${topic.subject} ends on ${date}`,
    `Training on ${topic.subject} has ended on ${date}`,
  ],
  what: (draft) =>
    `From ${draft.due.date}, 00:00 UTC, no fine-tuning job can be created on the base model ${draft.due.topic.subject} or on a model tuned on it. Jobs that wait or run by then go on. ${tunedText(draft)}`,
  todo: (draft) => [
    ...(draft.hasCome ? [] : [`Create the jobs that you still need before ${draft.due.date}.`]),
    ...successorTodo(draft, (id) => `Train on its successor, ${id}: ${trainOn(id)}`),
  ],
};

const shutdown: TopicText = {
  headline: ({ due: { topic, date } }) => [
    `${topic.subject} is shut down on ${date}`,
    `${topic.subject} was shut down on ${date}`,
  ],
  what: ({ due: { topic, date } }) =>
    `From ${date}, 00:00 UTC, calls to the base model ${topic.subject} are answered with 404 model_not_found.`,
  todo: (draft) => {
    const next = successorTodo(
      draft,
      (id) => `Call its successor, ${id}, in place of ${draft.due.topic.subject}.`,
    );
    return next.length > 0
      ? next
      : [`No successor is named. Choose another model and call that: perennial models list`];
  },
};

function exportTodo({ models, modelsTotal }: Draft): string[] {
  const more = modelsTotal > FEW ? ` (and so for the other ${modelsTotal - FEW})` : "";
  const shown = models.slice(0, FEW).map((id) => `perennial models export ${id}`);
  return shown.length === 0
    ? []
    : [`Their weights are not deleted. Take them with you: ${shown.join("; ")}${more}`];
}

const tunedShutdown: TopicText = {
  headline: ({ due: { topic, date } }) => [
    `Models tuned on ${topic.subject} are shut down on ${date}`,
    `Models tuned on ${topic.subject} were shut down on ${date}`,
  ],
  what: ({ due: { topic, date } }) =>
    `From ${date}, 00:00 UTC, calls to models tuned on ${topic.subject} are answered with 404 model_not_found.`,
  todo: (draft) => [
    ...exportTodo(draft),
    ...successorTodo(draft, (id) => `Train them anew on the base's successor, ${id}: ${trainOn(id)}`),
  ],
};

/** What of training a policy is about. */
function scopeText({ due }: Draft): string {
  const scope = due.event?.policy?.scope ?? "platform";
  if (scope === "platform") return "";
  return "base" in scope ? ` on ${scope.base}` : ` with the method ${scope.method}`;
}

const lossText = (draft: Draft) =>
  `From ${draft.due.date} on, no fine-tuning jobs${scopeText(draft)} can be created in this project (policy ${draft.due.topic.subject}). Jobs that wait or run by then go on, and tuned models are called as before.`;

/** What the stage asks of the organization, in the words of `lifecycle status`. */
function stageReason({ due, census }: Draft): string {
  const stage = due.event?.stage;
  if (!stage) return "";
  const facts = factsOf(census, due.topic.subject, due.project.organizationId);
  return ` ${reasonFor(stage, facts, stageHitsAt(stage, facts))}`;
}

function stageKeep({ due, census, models }: Draft): string[] {
  const stage = due.event?.stage;
  if (!stage) return [];
  const facts = factsOf(census, due.topic.subject, due.project.organizationId);
  const [model = null] = models;
  const keep = keepFor(stage, { hitsAt: stageHitsAt(stage, facts), now: census.now, model });
  return keep === null ? [] : [`This keeps the right: ${keep}.`];
}

const jobsBefore = ({ due: { date }, hasCome }: Draft): string[] =>
  hasCome ? [] : [`Create the jobs that you still need before ${date}.`];

/** A stage may have made room for another one. */
function stageGone({ due: { topic, event, date } }: Draft) {
  const title = `Called off: The right to create fine-tuning jobs ends on ${date} (policy ${topic.subject})`;
  const rest = event?.policy
    ? " Other stages of the policy stand: perennial lifecycle status says what they mean for you."
    : " The policy is withdrawn.";
  return {
    title,
    text: `You were told of this stage of the policy ${topic.subject}. It is called off.${rest}`,
  };
}

const policyStage: TopicText = {
  headline: ({ due: { topic, date } }) => [
    `The right to create fine-tuning jobs ends on ${date} (policy ${topic.subject})`,
    `The right to create fine-tuning jobs has ended on ${date} (policy ${topic.subject})`,
  ],
  what: (draft) => `${lossText(draft)}${stageReason(draft)}`,
  todo: (draft) => {
    const keep = stageKeep(draft);
    return keep.length > 0 ? keep : jobsBefore(draft);
  },
  gone: stageGone,
};

/** One that is taken away from a policy that stands is a loss, and the policy's stages hold from now on. */
function exceptionGone({ due: { topic, event, date } }: Draft) {
  if (!event?.policy) {
    const title = `Called off: Your exception from the policy ${topic.subject} ends on ${date}`;
    return { title, text: "The policy itself is withdrawn: you need no exception from it any more." };
  }
  const title = `Your exception from the policy ${topic.subject} is gone`;
  const text = `It was to hold until ${date}. From now on the policy's stages hold for this project as for everybody: perennial lifecycle status says what that means for you.`;
  return { title, text };
}

const exceptionEnd: TopicText = {
  headline: ({ due: { topic, date } }) => [
    `Your exception from the policy ${topic.subject} ends on ${date}`,
    `Your exception from the policy ${topic.subject} has ended on ${date}`,
  ],
  what: lossText,
  todo: (draft) => [
    ...jobsBefore(draft),
    "If you need it for longer, ask who runs this server for another exception before it ends.",
  ],
  gone: exceptionGone,
};

export const topicTexts: Readonly<Record<NoticeWhat, TopicText>> = {
  training_end: trainingEnd,
  shutdown,
  tuned_models_shutdown: tunedShutdown,
  policy_stage: policyStage,
  exception_end: exceptionEnd,
};
