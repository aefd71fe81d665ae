import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { childEnvironment } from "../platform/child-environment.ts";
import type { Clock } from "../platform/clock.ts";

/** Whether a program of Python ends with 0. */
type ExitsWell = (python: string, args: readonly string[]) => Promise<boolean>;
type Needs = { python: string; now: Clock; exitsWell?: ExitsWell; hasDriver?: () => boolean };

/** What is missing may be installed while the server runs; what is there is not looked for again. */
const LOOK_AGAIN_SECONDS = 30;
const MOST_MS = 60_000;

// Not from the working folder, where wandb leaves a folder of its own name.
const HAS_PACKAGE =
  "import sys; sys.path.pop(0); from importlib.util import find_spec; s = find_spec(sys.argv[1]); sys.exit(s is None or s.origin is None)";
const HAS_CUDA = "import sys, torch; sys.exit(not torch.cuda.is_available())";

type Answer = { readonly has: Promise<boolean>; readonly askedAt: number };

/** What NVIDIA's driver, Windows' for Linux and AMD's make: without one of them PyTorch need not be asked, which takes seconds. */
const DRIVER_FILES = ["/dev/nvidiactl", "/dev/dxg", "/dev/kfd"];

const seesDriver = (): boolean => DRIVER_FILES.some((path) => existsSync(path));

export const runProgram: ExitsWell = async (python, args) => {
  const child = spawn(python, args, {
    env: childEnvironment(process.env),
    stdio: "ignore",
    timeout: MOST_MS,
  });
  try {
    const [code] = await once(child, "exit");
    return code === 0;
  } catch {
    // It could not even be started.
    return false;
  }
};

/** What the trainer's Python can do, asked of it when somebody wants to know, and remembered. */
export function createTrainerAbilities({
  python,
  now,
  exitsWell = runProgram,
  hasDriver = seesDriver,
}: Needs) {
  const answers = new Map<string, Answer>();

  async function remembered(name: string, look: () => Promise<boolean>): Promise<boolean> {
    const known = answers.get(name);
    if (known && ((await known.has) || now() - known.askedAt < LOOK_AGAIN_SECONDS)) return known.has;
    const has = look();
    answers.set(name, { has, askedAt: now() });
    return has;
  }

  return {
    python,
    hasPackage: (name: string) => remembered(name, () => exitsWell(python, ["-c", HAS_PACKAGE, name])),
    /** Whether trainings compute on a GPU. */
    hasCuda: async () => hasDriver() && remembered("cuda", () => exitsWell(python, ["-c", HAS_CUDA])),
  };
}
