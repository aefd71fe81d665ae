import { take } from "../../client/pages.ts";
import type { DeliveryStatus, WebhookAttempt, WebhookDelivery } from "../../contract/webhooks.ts";
import { DeliveryStatus as Statuses } from "../../contract/webhooks.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { Column, Fact } from "../output/table.ts";
import { ago, duration } from "../output/words.ts";
import { type AddCommand, count, example } from "./command.ts";

type Options = { status?: string; limit: number };

const answerOf = (attempt: WebhookAttempt | undefined): string =>
  attempt === undefined ? "" : (attempt.error ?? String(attempt.status_code));

const nextOf = ({ next_attempt_at }: WebhookDelivery, now: number): string => {
  if (next_attempt_at === null) return "";
  return next_attempt_at <= now ? "now" : `in ${duration(next_attempt_at - now)}`;
};

const columns = (now: number): Column<WebhookDelivery>[] => [
  { title: "DELIVERY", of: ({ id }) => id },
  { title: "STATUS", of: ({ status }) => status },
  { title: "CREATED", of: ({ created_at }) => ago(created_at, now) },
  { title: "EVENT", of: ({ event }) => event.type, dropsBelow: true },
  { title: "ABOUT", of: ({ event }) => event.data.id, dropsBelow: true },
  { title: "TRIES", of: ({ attempts }) => String(attempts.length) },
  { title: "NEXT", of: (delivery) => nextOf(delivery, now) },
  { title: "LAST ANSWER", of: ({ attempts }) => answerOf(attempts.at(-1)), dropsBelow: true },
];

const attemptFact = (attempt: WebhookAttempt, now: number): Fact => {
  const took = `${ago(attempt.created_at, now)}, ${attempt.duration_ms} ms`;
  const said = attempt.response ? `: ${attempt.response.replace(/\s+/g, " ")}` : "";
  return ["attempt", `${took}: ${answerOf(attempt)}${said}`];
};

const facts = (delivery: WebhookDelivery, now: number): Fact[] => [
  ["delivery", delivery.id],
  ["status", delivery.status],
  ["kind", delivery.kind],
  ["event", `${delivery.event.id} ${delivery.event.type}`],
  ["about", delivery.event.data.id],
  ["created", ago(delivery.created_at, now)],
  ...(delivery.next_attempt_at === null ? [] : [["next attempt", nextOf(delivery, now)] as const]),
  ...delivery.attempts.map((attempt) => attemptFact(attempt, now)),
];

function statusOf(text: string): DeliveryStatus {
  const found = Statuses.options.find((status) => status === text);
  if (found === undefined) throw new CliError(`No status '${text}': use ${Statuses.options.join(", ")}.`);
  return found;
}

async function list(cli: Cli, id: string, { status, limit }: Options): Promise<void> {
  const filter = status === undefined ? {} : { status: statusOf(status) };
  const deliveries = await take(cli.project().webhooks.deliveries(id, filter), limit);
  const whenEmpty = `No deliveries. \`perennial webhooks test ${id}\` makes one.`;
  cli.show.list(deliveries, columns(cli.now()), whenEmpty);
}

export const webhooksDeliveries: AddCommand = (parent, cli) => {
  parent
    .command("deliveries")
    .argument("<webhook>", "the webhook's id")
    .argument("[delivery]", "one delivery, with all that was answered")
    .option("--status <status>", "only pending, delivered or failed ones")
    .option("--limit <count>", "at most so many", count, 20)
    .description("List what was sent to a webhook endpoint in the last 30 days, newest first.")
    .addHelpText(
      "after",
      example(
        "perennial webhooks deliveries whe_abc123 --status failed",
        "perennial webhooks deliveries whe_abc123 whd_def456",
      ),
    )
    .action(async (id: string, deliveryId: string | undefined, options: Options) => {
      if (deliveryId === undefined) return list(cli, id, options);
      const delivery = await cli.project().webhooks.delivery(id, deliveryId);
      cli.show.one(delivery, facts(delivery, cli.now()));
    });
};
