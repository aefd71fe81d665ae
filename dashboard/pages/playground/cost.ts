import type { ChatUsage } from "../../../client/chat.ts";
import { figure } from "../../ui/format.ts";

/** As they are written, each for a million tokens; "" where none is given. */
export type Prices = { readonly price_in: string; readonly price_out: string };

const MILLION = 1_000_000;

/** null: it is no price. */
function priceOf(text: string): number | null {
  if (text.trim() === "") return null;
  const price = Number(text);
  return Number.isFinite(price) && price >= 0 ? price : null;
}

export const priceFault = (text: string): string | undefined =>
  text.trim() !== "" && priceOf(text) === null ? "Write a number such as 0.8" : undefined;

/** What an answer costs; null: no price is given, or its tokens are not known. */
export function costOf(usage: ChatUsage | null, { price_in, price_out }: Prices): number | null {
  const [ofInput, ofOutput] = [priceOf(price_in), priceOf(price_out)];
  if (!usage || (ofInput === null && ofOutput === null)) return null;
  return (usage.prompt_tokens * (ofInput ?? 0) + usage.completion_tokens * (ofOutput ?? 0)) / MILLION;
}

/** Small ones without an exponent: 0.0000216. */
export function money(cost: number): string {
  if (cost >= 0.0001 || cost === 0) return figure(cost);
  return cost.toFixed(10).replace(/0+$/, "").replace(/\.$/, "");
}
