import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { answerWith, createReceiver } from "../../server/notices/fixtures/receiver.ts";
import { trainingJsonl } from "../support/rows.ts";
import { BASE, lacksModel, newFolder, PROJECT_KEY, type Server, startServer } from "../support/server.ts";

const clientOf = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey: PROJECT_KEY, maxRetries: 0 });

async function cancelJob(client: OpenAI): Promise<string> {
  const file = await toFile(Buffer.from(trainingJsonl(12)), "train.jsonl");
  const { id } = await client.files.create({ file, purpose: "fine-tune" });
  const job = await client.fineTuning.jobs.create({ model: BASE, training_file: id });
  await client.fineTuning.jobs.cancel(job.id);
  return job.id;
}

describe("kill -9 of the server", { skip: lacksModel }, () => {
  const folder = newFolder();
  const env = { PERENNIAL_WEBHOOK_PRIVATE_ADDRESSES: "allow" };
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("between a job's end and the answer to its webhook loses no event and makes none twice", async () => {
    await using receiver = await createReceiver(() => {}, answerWith(200));
    const first = await startServer({ folder, env });
    const hook = await clientOf(first).webhooks.create({
      name: "x",
      url: receiver.url,
      event_types: ["fine_tuning.job.cancelled"],
    });
    const ids = [await cancelJob(clientOf(first))];
    await receiver.first(1);
    // This one waits behind the delivery that hangs.
    ids.push(await cancelJob(clientOf(first)));
    await first.kill();

    await using second = await startServer({ folder, env });
    const got = await receiver.first(3);
    assert.equal(got[1]?.body, got[0]?.body);
    const client = clientOf(second);
    const events = await Promise.all(
      got.map(({ body, headers }) => client.webhooks.unwrap(body, headers, hook.signing_secret)),
    );
    const told = events.map(({ data }) => ("id" in data ? data.id : null));
    assert.deepEqual(told, [ids[0], ...ids]);
    assert.equal(new Set(events.map(({ id }) => id)).size, 2);
    assert.equal(second.output().includes(hook.signing_secret), false);
    for (const name of ["perennial.sqlite", "perennial.sqlite-wal"]) {
      assert.equal(statSync(join(folder, name)).mode & 0o077, 0, `${name} holds the secret`);
    }
  });
});
