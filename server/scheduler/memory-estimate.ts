const GIB = 1024 ** 3;
const FLOAT32 = 4;

/** Python, PyTorch and its kernels, before any weight is there. */
const RUNTIME_BYTES = GIB;
/** The trainer cuts its work so that activations stay within this. */
const MOST_ACTIVATION_BYTES = 3 * GIB;
/** What they took for the embedded base; a larger one has wider layers and more of them. */
const MEASURED = { parameters: 135e6, activationBytes: 0.75 * GIB };

/**
 * A rough upper bound of a training's peak, from the base's size alone: float32 weights, what the runtime takes, and
 * activations, which grow with width times depth. Batch and rows do not show, since the trainer cuts by its own budget.
 */
export function estimateByParameters(parameters: number): number {
  const growth = Math.sqrt(Math.max(1, parameters / MEASURED.parameters));
  const activations = Math.min(MOST_ACTIVATION_BYTES, MEASURED.activationBytes * growth);
  return Math.ceil(FLOAT32 * parameters + RUNTIME_BYTES + activations);
}
