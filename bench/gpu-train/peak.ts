/** Dense bfloat16 in TFLOP/s, as NVIDIA states it for the card; the first pattern that fits its name counts. */
const PEAKS: readonly (readonly [RegExp, number])[] = [
  [/H100 PCIe/, 756],
  [/H[12]00 NVL/, 835],
  [/H100|H200/, 989],
  [/A100/, 312],
  [/L40S/, 362],
  [/RTX 4090/, 165],
];

export const findPeakTflops = (device: string): number | null =>
  PEAKS.find(([name]) => name.test(device))?.[1] ?? null;

/** Forwards and backwards each multiply by every weight once; of a frozen base no gradient is made. */
const OPERATIONS_A_WEIGHT = 4;

export type Speed = { readonly parameters: number; readonly tokensPerSecond: number };

/** Model FLOP utilization: the share of the card's peak that the model's own multiplications come to. */
export const utilization = ({ parameters, tokensPerSecond }: Speed, peakTflops: number): number =>
  (OPERATIONS_A_WEIGHT * parameters * tokensPerSecond) / (peakTflops * 1e12);
