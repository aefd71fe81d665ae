type Tone = "good" | "warn" | "bad" | "busy" | "plain";
const tones: Record<Tone, string> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  busy: "text-accent",
  plain: "text-soft",
};
/** A sign beside the word, so that colour is never all that tells. */
const signs: Record<Tone, string> = { good: "✓", warn: "!", bad: "✕", busy: "●", plain: "○" };

export const Badge = ({ tone, children }: { readonly tone: Tone; readonly children: string }) => (
  <span className={`inline-flex items-center gap-1.5 whitespace-nowrap text-sm font-medium ${tones[tone]}`}>
    <span aria-hidden="true">{signs[tone]}</span>
    {children}
  </span>
);

const statusTones: Record<string, Tone> = {
  succeeded: "good",
  processed: "good",
  completed: "good",
  active: "good",
  running: "busy",
  validating_files: "busy",
  queued: "plain",
  paused: "warn",
  deprecated: "warn",
  cancelled: "plain",
  failed: "bad",
  error: "bad",
  retired: "bad",
};

export const StatusBadge = ({ status }: { readonly status: string }) => (
  <Badge tone={statusTones[status] ?? "plain"}>{status.replaceAll("_", " ")}</Badge>
);
