import { useState } from "react";
import { useSystem } from "../../common-queries.ts";
import { useSession } from "../../session.tsx";
import { ThemeChoice } from "../../shell/theme-choice.tsx";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { bytes, duration } from "../../ui/format.ts";
import { QueryView } from "../../ui/states.tsx";
import { Contacts } from "./contacts.tsx";
import { RateLimits } from "./rate-limits.tsx";

const REFRESH_MS = 10_000;

function SignedIn() {
  const { who, signOut, signOutEverywhere } = useSession();
  const [isAsking, setAsking] = useState(false);
  const all = useAct(signOutEverywhere, { topic: "session" });
  const isAdmin = who.kind === "admin";
  return (
    <Card
      title="Signed in"
      actions={
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => void signOut()}>Sign out here</Button>
          <Button onClick={() => setAsking(true)}>Sign out everywhere</Button>
        </div>
      }
    >
      <dl className="mb-3 flex flex-wrap gap-x-8 gap-y-3">
        <Stat label="With">{isAdmin ? "an admin key" : "a project's key"}</Stat>
        <Stat label={isAdmin ? "Projects" : "Project"}>
          {isAdmin ? who.projects.length : (who.project?.name ?? "–")}
        </Stat>
        <Stat label="Id of the key">
          <span className="font-mono text-sm break-all">{who.key_id}</span>
        </Stat>
      </dl>
      <p className="max-w-prose text-soft">
        Signing out here ends this browser's session alone; everywhere, all sessions that were begun with this
        key. Revoking a project's key, under Keys, ends them too, and the key with them.
      </p>
      {isAsking && (
        <Confirm
          title="Sign out everywhere?"
          verb="Sign out everywhere"
          isBusy={all.isPending}
          error={all.error?.message}
          onYes={() => all.mutate(undefined)}
          onClose={() => setAsking(false)}
        >
          <p>
            Every browser that this key has signed in asks for a key again, this one too. The key stays as it
            is.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function Server() {
  const system = useSystem(REFRESH_MS);
  return (
    <Card title="Server">
      <QueryView query={system}>
        {({ version, started_at, uptime_seconds, cores, memory, disk, trainings }) => (
          <dl className="flex flex-wrap gap-x-8 gap-y-3">
            <Stat label="Version">{version}</Stat>
            <Stat label="Address">
              <span className="break-all">{location.origin}</span>
            </Stat>
            <Stat label="Started">
              <DateTime at={started_at} />
            </Stat>
            <Stat label="Up">{duration(uptime_seconds)}</Stat>
            <Stat label="Cores">{cores}</Stat>
            <Stat label="Memory">{bytes(memory.total_bytes)}</Stat>
            <Stat label="Used by the server">{bytes(memory.server_bytes)}</Stat>
            <Stat label="Disk">
              {disk ? `${bytes(disk.free_bytes)} free of ${bytes(disk.total_bytes)}` : "–"}
            </Stat>
            <Stat label="Trainings at a time">{trainings.limit}</Stat>
          </dl>
        )}
      </QueryView>
    </Card>
  );
}

const AdminOnly = () => (
  <Card title="Rate limits and contacts">
    <p className="text-soft">
      Whoever holds an admin key sets them, on this page or at the command line. Each answer's x-ratelimit
      headers say what this key has left.
    </p>
  </Card>
);

export default function Settings() {
  const { who, project } = useSession();
  const isAdmin = who.kind === "admin";
  return (
    <Page title="Settings">
      <SignedIn />
      <Card title="Colours">
        <div className="max-w-56">
          <ThemeChoice />
        </div>
      </Card>
      {isAdmin && project !== null && <RateLimits project={project} />}
      {isAdmin ? <Contacts /> : <AdminOnly />}
      <Server />
    </Page>
  );
}
