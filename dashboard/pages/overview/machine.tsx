import { useSystem } from "../../common-queries.ts";
import { Card, Stat } from "../../ui/card.tsx";
import { bytes, duration } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";
import { QueryView } from "../../ui/states.tsx";

const REFRESH_MS = 5_000;

/** Memory, queue and engines. */
export function Machine() {
  const system = useSystem(REFRESH_MS);
  return (
    <Card title="This machine">
      <QueryView query={system}>
        {({ memory, disk, trainings, engines, requests, uptime_seconds, version }) => (
          <>
            {memory.available_bytes !== null && (
              <div className="mb-4">
                <Progress
                  label={`Memory in use, of ${bytes(memory.total_bytes)}`}
                  done={1 - memory.available_bytes / memory.total_bytes}
                />
              </div>
            )}
            <dl className="flex flex-wrap gap-x-8 gap-y-3">
              <Stat label="Memory available">
                {memory.available_bytes === null ? "–" : bytes(memory.available_bytes)}
              </Stat>
              <Stat label="Disk free">{disk ? bytes(disk.free_bytes) : "–"}</Stat>
              <Stat label="Trainings">{`${trainings.running} running, ${trainings.waiting} waiting`}</Stat>
              <Stat label="Requests">{`${requests.reduce((sum, { working }) => sum + working, 0)} at work, ${requests.reduce((sum, { waiting }) => sum + waiting, 0)} waiting`}</Stat>
              <Stat label="Up">{duration(uptime_seconds)}</Stat>
              <Stat label="Version">{version}</Stat>
            </dl>
            <ul className="mt-3 grid gap-1 text-sm text-soft">
              {engines.map(({ base, pid, adapters, memory_bytes }) => (
                <li key={pid}>
                  {`Engine of ${base}: ${adapters} tuned ${adapters === 1 ? "model" : "models"} loaded`}
                  {memory_bytes !== null && `, ${bytes(memory_bytes)}`}
                </li>
              ))}
              {engines.length === 0 && <li>No engine runs; the first request starts one.</li>}
            </ul>
          </>
        )}
      </QueryView>
    </Card>
  );
}
