import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Cli } from "../cli.ts";

/** Adds one command to its parent. */
export type AddCommand = (parent: Command, cli: Cli) => void;

export const example = (...lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? "s" : ""}:\n${lines.map((line) => `  ${line}`).join("\n")}`;

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

/** How many of something: nobody asks for none. */
export function count(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("Give a whole number from 1.");
  return value;
}

export function decimalNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

/** Hyperparameters take a number or the word auto. */
export const orAuto =
  (parse: (text: string) => number) =>
  (text: string): number | "auto" =>
    text === "auto" ? text : parse(text);
