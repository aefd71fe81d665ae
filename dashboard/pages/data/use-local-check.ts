import { useCallback, useEffect, useRef, useState } from "react";
import type { LocalCheck } from "./check-stream.ts";

/** Checks a file of this machine while it is sent elsewhere. A worker that cannot run leaves all to the server. */
export function useLocalCheck() {
  const worker = useRef<Worker>(null);
  const [check, setCheck] = useState<LocalCheck | null>(null);
  const stop = useCallback(() => worker.current?.terminate(), []);
  useEffect(() => stop, [stop]);
  const start = useCallback(
    (file: File) => {
      stop();
      setCheck(null);
      const started = new Worker(new URL("./check-worker.ts", import.meta.url), { type: "module" });
      worker.current = started;
      started.onmessage = ({ data }: MessageEvent<LocalCheck>) => {
        setCheck(data);
        if (data.isDone) started.terminate();
      };
      started.onerror = () => started.terminate();
      started.postMessage(file);
    },
    [stop],
  );
  return { check, start, stop };
}
