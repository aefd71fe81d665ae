/** The part of a stream that progress needs: `process.stderr` has it. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Says that a stage begins, runs it, and says how long it took; `work` returns what was reached. */
  stage(name: string, doing: string, work: () => Promise<string>): Promise<void>;
}

interface RunningStage {
  readonly name: string;
  readonly doing: string;
  readonly started: number;
}

const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const clearLine = "\r\x1b[2K";
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A line when a stage begins and one when it ends; on a terminal, a moving line of what runs in between. */
export function createProgress(out: ProgressOutput, now: () => number = Date.now): Progress {
  const running = new Set<RunningStage>();
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const say = (line: string): void => {
    out.write(`${out.isTTY ? clearLine : ""}${line}\n`);
  };
  const draw = (): void => {
    const stages = [...running].map((stage) => `${stage.name} ${seconds(now() - stage.started)}`);
    out.write(`${clearLine}${frames[frame++ % frames.length]} ${stages.join(" · ")}`);
  };
  const begin = (stage: RunningStage): void => {
    running.add(stage);
    say(`· ${stage.name}: ${stage.doing}`);
    if (out.isTTY) timer ??= setInterval(draw, 100);
  };
  const end = (stage: RunningStage): void => {
    running.delete(stage);
    if (running.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    if (out.isTTY) out.write(clearLine);
  };

  async function stage(name: string, doing: string, work: () => Promise<string>): Promise<void> {
    const current = { name, doing, started: now() };
    begin(current);
    try {
      const reached = await work();
      say(`✓ ${name}: ${reached} (${seconds(now() - current.started)})`);
    } finally {
      end(current);
    }
  }
  return { stage };
}
