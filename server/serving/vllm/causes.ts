import { lastOf, type PickLines } from "../supervision/engine-log.ts";

/** Said by the processes that wait for another one, which says why. */
const FOLLOWS =
  /Engine core initialization failed|EngineDeadError|cancelled|See stack trace|WorkerProc initialization failed/;
const ERROR = /^(?:\w+\.)*\w*(?:Error|Exception|Interrupt)\b: |^\S+: error: |^\s*Value error, /;

/** Without which process wrote it, when and where. */
const bare = (line: string) =>
  line.replace(/^\(\S+ pid=\d+\) /, "").replace(/^[A-Z]+ [\d-]+ [\d:]+ \[\S+\] ?/, "");

/** vLLM's processes each write where they were, over hundreds of lines: what of them is an error, the first ones first. */
export const causes: PickLines = (lines) => {
  const said = lines.map(bare).filter((line) => ERROR.test(line) && !FOLLOWS.test(line));
  const found = [...new Set(said.map((line) => line.trim()))].slice(0, 5);
  return found.length > 0 ? found : lastOf(lines);
};
