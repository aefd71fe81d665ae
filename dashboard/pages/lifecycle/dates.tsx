import { useQuery } from "@tanstack/react-query";
import type { Client } from "../../../client/client.ts";
import { ApiError } from "../../../client/errors.ts";
import { useSession } from "../../session.tsx";
import { useAddress } from "../../ui/address.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { type Mark, marksOfCalendar, marksOfPlan } from "./marks.ts";
import { Standing } from "./standing.tsx";
import { DateList, TimeLine } from "./time-line.tsx";

/** What is in force, planned once more: the plan counts whom each date hits today. */
async function planInForce(client: Client): Promise<Mark[]> {
  const { models, policies } = await client.lifecycle.show();
  // The server refuses a plan of nothing.
  if (models.length + policies.length === 0) return [];
  const document = {
    models: models.map(({ state: _, ...schedule }) => schedule),
    policies,
    accept: ["past_dates", "hits_nobody", "hits_everybody"],
  };
  return marksOfPlan((await client.lifecycle.plan(JSON.stringify(document))).dates);
}

async function readMarks(client: Client, isAdmin: boolean): Promise<Mark[]> {
  try {
    if (isAdmin) return await planInForce(client);
  } catch (error) {
    // An admin of another organization than the server's, or a base that has been removed since: without the counts then.
    if (!(error instanceof ApiError)) throw error;
  }
  return marksOfCalendar(await client.deprecations.list({ vendor: "own" }));
}

/** Stages and shutdowns of this installation, and what they mean for the project that is looked at. */
export function Dates() {
  const { client, who, project } = useSession();
  const address = useAddress();
  const isAdmin = who.kind === "admin";
  const found = useQuery({ queryKey: ["lifecycle", "marks"], queryFn: () => readMarks(client, isAdmin) });
  const next = isAdmin
    ? "An end or a policy is set under “Change”: you see whom it hits before anything happens."
    : "The operator sets dates; you will be told of them in time.";
  return (
    <>
      <Card title="Time line">
        <QueryView
          query={found}
          isEmpty={({ length }) => length === 0}
          empty={
            <Empty title="No end is announced here" command="npx perennial lifecycle status">
              <p className="mb-3">{next}</p>
              {isAdmin && (
                <LinkButton href={address("/lifecycle", { view: "change" })}>Write a change</LinkButton>
              )}
            </Empty>
          }
        >
          {(marks) => (
            <div className="grid gap-5">
              <TimeLine marks={marks} />
              <DateList label="All dates in order" marks={marks} />
            </div>
          )}
        </QueryView>
      </Card>
      {project !== null && <Standing />}
    </>
  );
}
