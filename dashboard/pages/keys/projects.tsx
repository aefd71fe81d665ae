import { useState } from "react";
import type { ProjectObject } from "../../../contract/keys.ts";
import { organization } from "../../organization.ts";
import { useSession } from "../../session.tsx";
import { useAct } from "../../ui/act.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TextButton } from "../../ui/text-button.tsx";
import { useUrlState } from "../../ui/url-state.ts";

type Acts = { readonly onShow: (id: string) => void; readonly onArchive: (project: ProjectObject) => void };

const columns = ({ onShow, onArchive }: Acts): readonly Column<ProjectObject>[] => [
  {
    title: "Project",
    cell: ({ id, name, status }) =>
      status === "active" ? <TextButton onClick={() => onShow(id)}>{name}</TextButton> : name,
    width: "minmax(0, 1.5fr)",
  },
  { title: "Id", cell: ({ id }) => <span className="font-mono text-sm">{id}</span>, isExtra: true },
  { title: "Status", cell: ({ status }) => <StatusBadge status={status} />, width: "6.25rem", isExtra: true },
  { title: "Created", cell: (one) => <DateTime at={one.created_at} />, width: "13rem", isExtra: true },
  {
    title: "Actions",
    cell: (project) =>
      project.status === "active" && (
        <TextButton isDanger aria-label={`Archive ${project.name}`} onClick={() => onArchive(project)}>
          Archive
        </TextButton>
      ),
    width: "6.25rem",
  },
];

type ArchiveProps = { readonly project: ProjectObject; readonly onClose: () => void };

function Archive({ project, onClose }: ArchiveProps) {
  const { refresh } = useSession();
  const archive = useAct(() => organization.projects.archive(project.id), {
    topic: "keys",
    done: `${project.name} is archived.`,
    onDone: () => {
      onClose();
      void refresh();
    },
  });
  return (
    <Confirm
      title={`Archive ${project.name}?`}
      verb="Archive"
      isBusy={archive.isPending}
      error={archive.error?.message}
      onYes={() => archive.mutate(undefined)}
      onClose={onClose}
    >
      <p>All of its keys are refused from then on. There is no way back; its data stay on the disk.</p>
    </Confirm>
  );
}

export function Projects({ projects }: { readonly projects: readonly ProjectObject[] }) {
  const [, setProject] = useUrlState("project");
  const [leaving, setLeaving] = useState<ProjectObject | null>(null);
  return (
    <Card title="Projects">
      {leaving && <Archive project={leaving} onClose={() => setLeaving(null)} />}
      <Table
        label="Projects"
        columns={columns({ onShow: setProject, onArchive: setLeaving })}
        rows={projects}
        keyOf={({ id }) => id}
      />
    </Card>
  );
}
