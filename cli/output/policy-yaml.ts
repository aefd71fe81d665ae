import type { BuiltinDescription } from "../../contract/lifecycle.ts";
import { whoText } from "./lifecycle-words.ts";
import { dateOf } from "./words.ts";

type Options = {
  /** Left out: a place to fill in, where the policy needs one. */
  readonly base: string | undefined;
  readonly now: number;
};

const DAY = 86_400;
/** A notice that people can plan with. */
const NOTICE_DAYS = 60;

const stagesText = ({ stages, shutdown_after_days: shutdown }: BuiltinDescription, first: number): string =>
  [
    ...stages.map(
      ({ after_days, who }) =>
        `    #   ${dateOf(first + after_days * DAY)}  no training for: ${whoText(who)}\n`,
    ),
    ...(shutdown === null ? [] : [`    #   ${dateOf(first + shutdown * DAY)}  the base is shut down\n`]),
  ].join("");

const baseText = ({ needs_base }: BuiltinDescription, base: string | undefined): string => {
  if (base !== undefined) return `    base: ${base}\n`;
  return needs_base
    ? "    # The base model that it ends; `perennial models list` names them.\n    base: NAME\n"
    : "    # For one base alone; left out: for all.\n    # base: NAME\n";
};

/** A change to start from, with everything that may be said in it. */
export function policyYaml(policy: BuiltinDescription, { base, now }: Options): string {
  const first = (Math.floor(now / DAY) + NOTICE_DAYS) * DAY;
  const historical = policy.starting === null ? "" : ` Left out: ${policy.starting}, as it was.`;
  return `# ${policy.title}
# See whom it hits: perennial lifecycle plan FILE
note: Why this is done, for whoever reads the history.
policies:
  - builtin: ${policy.name}
    # The day of its first stage; every date is its 00:00 UTC.${historical}
    starting: ${dateOf(first)}
    # With that day:
${stagesText(policy, first)}${baseText(policy, base)}    # Another name, for a second policy of this kind.
    # name: ${policy.name}-2
    # What a refused create says; left out: OpenAI's own sentence.
    # message: Training ends here. Ask platform@example.com.
    # Who may train on in spite of it, to the end of the day before \`until\`: an organization or a project.
    # exceptions:
    #   - organization: org-…
    #     until: ${dateOf(first + 365 * DAY)}
    #     reason: Contract 42.
# What otherwise counts as a mistake: past_dates, hits_nobody, hits_everybody.
# accept: [hits_nobody]
`;
}
