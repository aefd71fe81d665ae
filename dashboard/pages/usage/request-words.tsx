import { Badge } from "../../ui/badge.tsx";
import { whole } from "../../ui/format.ts";

export const milliseconds = (ms: number): string =>
  ms < 10_000 ? `${whole(ms)} ms` : `${whole(ms / 1000)} s`;

const toneOf = (status: string) => (status === "ok" ? "good" : status === "cancelled" ? "plain" : "bad");

/** How a request ended: well, left by its client, or why it was refused. */
export const RequestStatus = ({ status }: { readonly status: string }) => (
  <Badge tone={toneOf(status)}>{status.replaceAll("_", " ")}</Badge>
);
