import { SetupProblem } from "./problem.ts";

/** `cpu`: without CUDA's gigabytes. `default`: whatever build the registry serves for this platform. */
export type TorchVariant = "cpu" | "default";

export interface TorchAttempt {
  readonly requirement: string;
  readonly options: readonly string[];
}

export function chooseTorch(requested: string, platform: NodeJS.Platform, hasNvidia: boolean): TorchVariant {
  if (requested === "cpu" || requested === "default") return requested;
  if (requested !== "auto") {
    throw new SetupProblem(`PERENNIAL_TORCH is "${requested}"; it takes auto, cpu or default.`);
  }
  // Only on Linux does the registry's default build carry CUDA.
  return platform === "linux" && !hasNvidia ? "cpu" : "default";
}

/** In this order; the next one is tried only where the one before knows no such build. */
export function torchAttempts(variant: TorchVariant, pin: string): readonly TorchAttempt[] {
  if (variant === "default") return [{ requirement: pin, options: [] }];
  return [
    { requirement: `${pin}+cpu`, options: [] },
    { requirement: pin, options: ["--torch-backend=cpu"] },
  ];
}

/** uv's way of saying that the sources it was given have no such build of torch. */
export const lacksTorch = (output: string): boolean => /No solution found[\s\S]*torch==/.test(output);

export const noCpuTorch = (pin: string): string =>
  `Neither pip's configured sources nor PyTorch's own index gave a CPU build of ${pin}; allow access to one of ` +
  "them, or set PERENNIAL_TORCH=default to take the registry's default build (several GB with CUDA).";
