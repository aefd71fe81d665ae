import type { Clock } from "../platform/clock.ts";
import type { Call, EndedCall } from "./call.ts";
import type { DayCounts } from "./day-counts.ts";
import { createMeter, type Meter } from "./meter.ts";
import type { RequestLog } from "./request-log.ts";
import type { RequestMetrics } from "./request-metrics.ts";

type Needs = {
  readonly dayCounts: Pick<DayCounts, "answered" | "ended">;
  readonly requestLog: Pick<RequestLog, "ended">;
  readonly metrics: Pick<RequestMetrics, "ended">;
  readonly now: Clock;
};

/** Longer names are no model's, and would fill the disk. */
const MOST_MODEL_CHARACTERS = 200;

const shortened = (call: Call): Call => ({ ...call, model: call.model.slice(0, MOST_MODEL_CHARACTERS) });

/** Meters every request for an answer; what costs time happens later, in batches. */
export function createUsage({ dayCounts, requestLog, metrics, now }: Needs) {
  function onEnded(call: EndedCall): void {
    dayCounts.ended(call);
    requestLog.ended(call);
    metrics.ended(call);
  }
  const needs = { now, onAnswered: dayCounts.answered, onEnded };
  return {
    begin: (call: Call): Meter =>
      createMeter(call.model.length > MOST_MODEL_CHARACTERS ? shortened(call) : call, needs),
  };
}
export type Usage = ReturnType<typeof createUsage>;
