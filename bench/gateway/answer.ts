/** What the mock upstream answers, for it and for those who check what comes through. */

export const UPSTREAM_MODEL = "gpt-4o-mini";
/** The name that callers use. */
export const CALLED_MODEL = "gpt-mock";

/** About 100 tokens. */
export const ANSWER =
  "The card was charged twice because the first payment was authorised and then repeated when the page was " +
  "reloaded. Only one of the two will be booked: the other is a reservation that your bank gives back within " +
  "three to five working days. You do not need to do anything. If both amounts are still on your statement " +
  "after that, write to us with the date and the last four digits of the card, and we refund the second one " +
  "by hand on the same day.";

/** Chunks of one stream that hold text. */
export const CHUNKS = 200;

export const REQUEST = {
  model: CALLED_MODEL,
  messages: [
    { role: "system", content: "You answer the customers of a bank. Be short, and say what happens next." },
    { role: "user", content: "Why was my card charged two times for the same order yesterday evening?" },
  ],
  max_tokens: 300,
};
export const STREAM_REQUEST = { ...REQUEST, stream: true };
