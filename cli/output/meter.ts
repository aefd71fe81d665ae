import { MultiBar, type SingleBar } from "cli-progress";
import { shorten } from "./table.ts";

export type TextStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Shows how far something is: a moving bar on a terminal, elsewhere a line at every tenth. */
export type Meter = Disposable & {
  update(done: number, total: number, text: string): void;
  /** A line of its own, above the bar. */
  say(line: string): void;
};

/** Some terminals, such as those of build machines, say that they are 0 wide. */
export const widthOf = ({ columns }: TextStream): number => columns || 80;

const percentOf = (done: number, total: number) => (total > 0 ? Math.floor((100 * done) / total) : 0);

export function drawBar(done: number, total: number, width: number): string {
  const full = total > 0 ? Math.round((width * Math.min(done, total)) / total) : 0;
  return "█".repeat(full) + "░".repeat(width - full);
}

/** One line, never wider than the terminal: what matters most is the text. */
export function barLine(done: number, total: number, text: string, columns: number): string {
  const percent = `${percentOf(done, total)}%`.padStart(4);
  const room = columns - 1 - percent.length - 2;
  const width = Math.max(10, Math.min(30, room - text.length));
  return `${drawBar(done, total, width)} ${percent} ${shorten(text, Math.max(0, room - width))}`;
}

function createBarMeter(stream: TextStream): Meter {
  const bars = new MultiBar({
    stream,
    linewrap: true,
    format: (_, { value, total }, { text }) => barLine(value, total, String(text), widthOf(stream)),
  });
  let bar: SingleBar | null = null;
  return {
    update(done, total, text) {
      bar ??= bars.create(total, 0, { text });
      bar.setTotal(total);
      bar.update(done, { text });
    },
    say(line) {
      if (!bar) {
        stream.write(`${line}\n`);
        return;
      }
      bars.log(`${line}\n`);
      bars.update();
    },
    [Symbol.dispose]() {
      if (!bar) return;
      bars.update();
      bars.stop();
    },
  };
}

function createLineMeter(stream: TextStream): Meter {
  let told = -1;
  return {
    update(done, total, text) {
      const tenth = Math.floor(percentOf(done, total) / 10);
      if (tenth === told) return;
      told = tenth;
      stream.write(`${`${percentOf(done, total)}%`.padStart(4)}  ${text}\n`);
    },
    say: (line) => {
      stream.write(`${line}\n`);
    },
    [Symbol.dispose]() {},
  };
}

export const createMeter = (stream: TextStream): Meter =>
  stream.isTTY ? createBarMeter(stream) : createLineMeter(stream);

/** For `--json`: programs want the result. */
export const silentMeter: Meter = { update() {}, say() {}, [Symbol.dispose]() {} };
