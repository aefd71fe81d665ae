import { createHash } from "node:crypto";

export type Question = { readonly text: string; readonly intent: string };

export type Sample = {
  readonly training: readonly Question[];
  readonly validation: readonly Question[];
  readonly heldOut: readonly Question[];
};

export const perIntent = { training: 30, validation: 2, heldOut: 15 } as const;

/** 20 of the 77 intents, chosen so that a person can tell any two apart. */
export const intents: readonly string[] = [
  "activate_my_card",
  "age_limit",
  "apple_pay_or_google_pay",
  "atm_support",
  "cancel_transfer",
  "card_arrival",
  "card_swallowed",
  "change_pin",
  "country_support",
  "direct_debit_payment_not_recognised",
  "edit_personal_details",
  "exchange_rate",
  "lost_or_stolen_phone",
  "passcode_forgotten",
  "request_refund",
  "terminate_account",
  "top_up_limits",
  "transaction_charged_twice",
  "verify_source_of_funds",
  "visa_or_mastercard",
];

const systemPrompt = `You sort the questions that customers ask a bank. Answer with the intent of the question, exactly as it is written in this list, and nothing else: ${intents.join(", ")}.`;

/** An order that looks drawn at random and is the same everywhere. */
const drawn = (text: string) => createHash("sha256").update(text).digest("hex");
const byDraw = (a: Question, b: Question) => (drawn(a.text) < drawn(b.text) ? -1 : 1);

const tidy = ({ text, intent }: Question): Question => ({ text: text.replace(/\s+/g, " ").trim(), intent });
const sameText = ({ text }: Question) => text.toLowerCase();

/** Each text once, and none that is in `taken`. */
function distinct(questions: readonly Question[], taken: ReadonlySet<string> = new Set()): Question[] {
  const seen = new Set(taken);
  return questions.map(tidy).filter((question) => {
    const isNew = !seen.has(sameText(question));
    seen.add(sameText(question));
    return isNew;
  });
}

function drawPerIntent(
  questions: readonly Question[],
  from: number,
  count: number,
  wanted = intents,
): Question[] {
  const drawnRows = wanted.flatMap((intent) => {
    const all = questions.filter((question) => question.intent === intent).toSorted(byDraw);
    const rows = all.slice(from, from + count);
    if (rows.length < count)
      throw new Error(`Intent ${intent} has ${all.length} questions; ${from + count} are needed.`);
    return rows;
  });
  return drawnRows.toSorted(byDraw);
}

/** Training and validation rows come from the training split, held-out rows from the test split; no text is in two. */
export function drawSample(trainSplit: readonly Question[], testSplit: readonly Question[]): Sample {
  const training = distinct(trainSplit);
  const heldOut = distinct(testSplit, new Set(training.map(sameText)));
  return {
    training: drawPerIntent(training, 0, perIntent.training),
    validation: drawPerIntent(training, perIntent.training, perIntent.validation),
    heldOut: drawPerIntent(heldOut, 0, perIntent.heldOut),
  };
}

/** One line of a training file. */
export const chatLine = ({ text, intent }: Question): string =>
  JSON.stringify({
    messages: [
      { role: "system", content: systemPrompt },
      { role: "user", content: text },
      { role: "assistant", content: intent },
    ],
  });

/** The same number of questions for each of the 77 intents, for the trainer's benchmark. */
export function drawAllIntents(trainSplit: readonly Question[], count: number): Question[] {
  const all = [...new Set(trainSplit.map(({ intent }) => intent))].toSorted();
  return drawPerIntent(distinct(trainSplit), 0, count, all);
}
