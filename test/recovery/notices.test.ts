import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { createClient } from "../../client/client.ts";
import { take } from "../../client/pages.ts";
import { LifecyclePlan } from "../../contract/lifecycle.ts";
import type { NoticeDelivery } from "../../contract/notices.ts";
import { createMailbox } from "../../server/notices/fixtures/mailbox.ts";
import { startPlayedServer } from "../support/played-server.ts";
import { ADMIN_KEY, newFolder, type Server } from "../support/server.ts";

const folder = newFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

const start = (smtp: string) =>
  startPlayedServer({
    folder,
    env: {
      PERENNIAL_SMTP_URL: smtp,
      PERENNIAL_MAIL_FROM: "notices@example.com",
    },
  });

const clientOf = ({ url }: Server) => createClient({ baseUrl: url, apiKey: ADMIN_KEY });

async function post(server: Server, path: string, body: unknown) {
  const answer = await fetch(`${server.url}/v1/perennial/lifecycle/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return await answer.json();
}

/** In a hundred days nobody trains any more. */
async function announce(server: Server): Promise<void> {
  const date = new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10);
  const document = { policies: [{ name: "end", stages: [{ date, who: "everyone" }] }] };
  const { hash } = LifecyclePlan.parse(await post(server, "plans", document));
  await post(server, "changes", { document, plan_hash: hash });
}

async function waitForNotices(server: Server, isWanted: (mail: NoticeDelivery) => boolean) {
  for (;;) {
    const notices = await take(clientOf(server).notices.list(), 10);
    const mails = notices.flatMap(({ deliveries }) => deliveries);
    if (mails.some(isWanted)) return notices;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("kill -9 after a date was announced: the notice is told once, and its mail goes out when it can", async () => {
  await using mailbox = await createMailbox();
  // Port 9 takes no mail.
  const first = await start("smtp://user:hunter2secret@127.0.0.1:9");
  await clientOf(first).contacts.add({ email: "ops@example.com" });
  await announce(first);
  const [told] = await waitForNotices(first, ({ error }) => error !== null);
  await first.kill();

  for (let starts = 0; starts < 2; starts += 1) {
    await using next = await start(mailbox.url);
    const notices = await waitForNotices(next, ({ status }) => status === "sent");
    assert.deepEqual(
      notices.map(({ id, kind }) => [id, kind]),
      [[told?.id, "announcement"]],
    );
    for (const secret of ["ops@example.com", "hunter2secret"])
      assert.equal(`${first.output()}${next.output()}`.includes(secret), false);
  }
  assert.equal(mailbox.received.length, 1);
});
