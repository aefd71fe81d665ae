import type { Deprecation } from "../../contract/deprecations.ts";
import { daysLeft } from "../../deprecations/dates.ts";
import { findDeprecation, type Match, tunedBaseOf } from "../../deprecations/find-deprecation.ts";
import type { ModelUsage, Usage } from "./collect.ts";

/** A model of yours whose end is known. */
export type EndingModel = ModelUsage & {
  readonly ends: string;
  /** 0 on the day itself, when it has ended. */
  readonly days_left: number;
  readonly has_ended: boolean;
  readonly matched_by: Match["by"];
  readonly other_days: readonly string[];
  readonly replacement: string | null;
  readonly perennial: string | null;
  readonly certainty: Deprecation["certainty"];
  readonly deprecation: string;
};

export type UsageReport = {
  readonly vendor: Deprecation["vendor"];
  readonly models: number;
  readonly ended: number;
  /** Within the days of `soon_days`. */
  readonly ending_soon: number;
  readonly soon_days: number;
  /** By the day they end. */
  readonly ending: readonly EndingModel[];
  /** The most used first. */
  readonly no_date_announced: readonly ModelUsage[];
  /** When new fine-tuning jobs end, where some of the models are tuned ones. */
  readonly training: readonly {
    readonly subject: string;
    readonly ends: string;
    readonly days_left: number;
  }[];
  readonly rows_without_model: number;
};

type Facts = {
  readonly entries: readonly Deprecation[];
  readonly vendor: Deprecation["vendor"];
  readonly now: number;
  /** Leaves models out that end on other days. */
  readonly isShown?: (day: string) => boolean;
};

const SOON_DAYS = 60;

function endingOf(usage: ModelUsage, match: Match, now: number): EndingModel {
  const { deprecation, ends } = match;
  const left = daysLeft(ends, now);
  return {
    ...usage,
    ends,
    days_left: left,
    has_ended: left <= 0,
    matched_by: match.by,
    other_days: match.other_days,
    replacement: deprecation.successor,
    perennial: deprecation.perennial,
    certainty: deprecation.certainty,
    deprecation: deprecation.id,
  };
}

const byUse = (one: ModelUsage, other: ModelUsage): number =>
  other.requests - one.requests || other.tokens - one.tokens || one.model.localeCompare(other.model);

function trainingOf({ models }: Usage, { entries, now }: Facts): UsageReport["training"] {
  if (!models.some(({ model }) => tunedBaseOf(model) !== null)) return [];
  return entries
    .filter(({ kind }) => kind === "training")
    .flatMap(({ subject, dates }) =>
      dates
        .filter(({ what, date }) => what === "training_ends" && daysLeft(date, now) > 0)
        .map(({ date }) => ({ subject, ends: date, days_left: daysLeft(date, now) })),
    );
}

/** What of yours ends when. */
export function reportUsage(usage: Usage, facts: Facts): UsageReport {
  const found = usage.models.map((one) => ({ one, match: findDeprecation(one.model, facts.entries) }));
  const ending = found
    .flatMap(({ one, match }) => (match ? [endingOf(one, match, facts.now)] : []))
    .filter(({ ends }) => facts.isShown?.(ends) ?? true)
    .sort((one, other) => one.ends.localeCompare(other.ends) || byUse(one, other));
  return {
    vendor: facts.vendor,
    models: usage.models.length,
    ended: ending.filter(({ has_ended }) => has_ended).length,
    ending_soon: ending.filter(({ has_ended, days_left }) => !has_ended && days_left <= SOON_DAYS).length,
    soon_days: SOON_DAYS,
    ending,
    no_date_announced: found.flatMap(({ one, match }) => (match ? [] : [one])).sort(byUse),
    training: trainingOf(usage, facts),
    rows_without_model: usage.rowsWithoutModel,
  };
}
