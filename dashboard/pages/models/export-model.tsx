import { useEffect, useRef, useState } from "react";
import type { Client } from "../../../client/client.ts";
import { useClient } from "../../session.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { download } from "../../ui/download.ts";
import { bytes } from "../../ui/format.ts";
import { Progress } from "../../ui/progress.tsx";

/** A browser holds all of it before it is saved. */
const MOST_BYTES = 1_500_000_000;
const commandOf = (id: string) => `npx perennial models export ${id} --tar`;

type Told = (got: number, all: number) => void;

async function read(client: Client, id: string, signal: AbortSignal, tell: Told): Promise<Blob> {
  const { bytes: all, content } = await client.models.export(id, { signal });
  if (all > MOST_BYTES) {
    await content.cancel();
    throw new Error(`It is ${bytes(all)}, too large for a browser. Use the command below.`);
  }
  let got = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      got += chunk.byteLength;
      tell(got, all);
      controller.enqueue(chunk);
    },
  });
  return await new Response(content.pipeThrough(counted)).blob();
}

type State = { readonly got: number; readonly all: number } | null;

export function ExportModel({ id }: { readonly id: string }) {
  const client = useClient();
  const [state, setState] = useState<State>(null);
  const [error, setError] = useState<string | null>(null);
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function save() {
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    setError(null);
    setState({ got: 0, all: 0 });
    try {
      const content = await read(client, id, signal, (got, all) => setState({ got, all }));
      download(content, `${id.replaceAll(":", "-")}.tar`);
    } catch (cause) {
      if (!signal.aborted) setError(cause instanceof Error ? cause.message : String(cause));
    }
    setState(null);
  }
  return (
    <Card title="Export">
      <div className="grid grid-cols-1 gap-3">
        <p className="text-soft">
          Its weights, its recipe and the rows that it was trained on, in one archive that says how to use
          them without Perennial.
        </p>
        {state ? (
          <>
            <Progress
              label={state.all > 0 ? `${bytes(state.got)} of ${bytes(state.all)}` : "Packing"}
              done={state.all > 0 ? state.got / state.all : null}
            />
            <div>
              <Button onClick={() => running.current?.abort()}>Stop</Button>
            </div>
          </>
        ) : (
          <div>
            <Button onClick={() => void save()}>Download .tar</Button>
          </div>
        )}
        {error && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
        <p className="text-sm text-soft">At the command line, which also takes large ones:</p>
        <Code text={commandOf(id)} />
      </div>
    </Card>
  );
}
