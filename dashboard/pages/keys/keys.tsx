import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ProjectObject } from "../../../contract/keys.ts";
import { organization } from "../../organization.ts";
import { useSession } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Page, Stat } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { NameForm } from "../../ui/name-form.tsx";
import { Empty, QueryView } from "../../ui/states.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { KeysOf } from "./keys-of.tsx";
import { Projects } from "./projects.tsx";

/** With a project's key: what it is, and the way to another. */
function OwnKey() {
  const { who } = useSession();
  return (
    <Card title="The key that you signed in with">
      <dl className="mb-4 flex flex-wrap gap-x-8 gap-y-3">
        <Stat label="Project">{who.project?.name ?? "–"}</Stat>
        <Stat label="Id of the key">
          <span className="font-mono text-sm break-all">{who.key_id}</span>
        </Stat>
      </dl>
      <p className="mb-3 max-w-prose">
        It sees this project alone: its files, jobs, models and usage. Keys are made and revoked by whoever
        holds an admin key, on this page or at the command line:
      </p>
      <Code text="npx perennial keys create --help" />
    </Card>
  );
}

function NewProject({ onClose }: { readonly onClose: () => void }) {
  const { refresh } = useSession();
  const [, setProject] = useUrlState("project");
  const create = useAct((name: string) => organization.projects.create(name), {
    topic: "keys",
    done: ({ name }) => `Project ${name} is made.`,
    onDone: ({ id }) => {
      onClose();
      void refresh().then(() => setProject(id));
    },
  });
  return (
    <NameForm
      title="New project"
      label="Name"
      hint="Files, jobs, models and keys of one project are hidden from the others."
      verb="Create"
      isBusy={create.isPending}
      error={create.error?.message}
      onSend={(name) => create.mutate(name)}
      onClose={onClose}
    />
  );
}

function AllKeys() {
  const { project } = useSession();
  const [isMaking, setMaking] = useState(false);
  const projects = useQuery({
    queryKey: ["keys", "projects"],
    queryFn: () => organization.projects.listWithArchived(),
  });
  const shown = (all: readonly ProjectObject[]) => all.find(({ id }) => id === project);
  return (
    <Page title="Keys" actions={<Button onClick={() => setMaking(true)}>New project</Button>}>
      {isMaking && <NewProject onClose={() => setMaking(false)} />}
      <QueryView
        query={projects}
        isEmpty={({ length }) => length === 0}
        empty={<Empty title="No project yet">Make one with the button above; its keys come next.</Empty>}
      >
        {(all) => {
          const current = shown(all);
          return (
            <>
              {current && <KeysOf project={current} />}
              <Projects projects={all} />
            </>
          );
        }}
      </QueryView>
    </Page>
  );
}

export default function Keys() {
  const { who } = useSession();
  if (who.kind === "admin") return <AllKeys />;
  return (
    <Page title="Keys">
      <OwnKey />
    </Page>
  );
}
