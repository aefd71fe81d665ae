import type { ReactNode } from "react";
import { Badge } from "../../ui/badge.tsx";
import type { Answer } from "./answer.ts";

/** How an answer stands. */
export const answerBadges: Readonly<Record<Answer["status"], ReactNode>> = {
  waiting: <Badge tone="plain">waiting</Badge>,
  streaming: <Badge tone="busy">answering</Badge>,
  done: <Badge tone="good">done</Badge>,
  stopped: <Badge tone="warn">stopped</Badge>,
  failed: <Badge tone="bad">failed</Badge>,
};
