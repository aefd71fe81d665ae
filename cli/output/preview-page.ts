import { stripVTControlCharacters } from "node:util";
import type { PreviewRow, PreviewToken } from "../../contract/training-data.ts";
import { printable, thousands } from "./words.ts";

type Style = { readonly hasColours: boolean; readonly hasIds: boolean };

const RESET = "\u001b[0m";
/** Tokens next to each other differ, so that their borders show. */
const COLOURS = { trained: ["\u001b[1;32m", "\u001b[1;4;32m"], other: ["\u001b[2m", "\u001b[2;4m"] } as const;
const names = {
  row: "",
  earlier_answer: "an earlier answer, as it is asked",
  preferred: "preferred",
  non_preferred: "not preferred",
} as const;

/** A line's end is a token's text like any other: it is shown, and it ends the line. */
const shown = ({ id, text }: PreviewToken, { hasIds }: Style) => {
  const visible = printable(stripVTControlCharacters(text)).replaceAll("\n", "⏎\n").replaceAll("\t", "⇥");
  return hasIds ? `${visible}(${id})` : visible;
};

function coloured(tokens: readonly PreviewToken[], style: Style): string {
  return tokens
    .map((token, index) => {
      const colour = COLOURS[token.is_trained ? "trained" : "other"][index % 2];
      // A colour that runs over the line's end colours the next prompt of some terminals.
      return shown(token, style)
        .split("\n")
        .map((part) => (part === "" ? "" : `${colour}${part}${RESET}`))
        .join("\n");
    })
    .join("");
}

/** Without colours: `⟦…⟧` around what is trained on, and with ids a border after each token. */
function marked(tokens: readonly PreviewToken[], style: Style): string {
  let text = "";
  let isInside = false;
  for (const token of tokens) {
    if (token.is_trained !== isInside) text += token.is_trained ? "⟦" : "⟧";
    isInside = token.is_trained;
    text += shown(token, style);
  }
  return isInside ? `${text}⟧` : text;
}

/** A row with its tokens, for people. */
export function previewRowText(row: PreviewRow, style: Style): string {
  if (row.error !== null) return `line ${row.line}: cannot be trained on: ${printable(row.error)}\n`;
  return row.branches
    .map(({ name, tokens, tokens_cut }) => {
      const trained = tokens.filter(({ is_trained }) => is_trained).length;
      const facts = [
        `line ${row.line}`,
        names[name],
        `${thousands(tokens.length)} tokens, ${thousands(trained)} trained on`,
        tokens_cut === 0 ? "" : `${thousands(tokens_cut)} more are cut off`,
      ];
      const body = (style.hasColours ? coloured : marked)(tokens, style);
      return `── ${facts.filter((fact) => fact !== "").join(" · ")}\n${body}${body.endsWith("\n") ? "" : "\n"}`;
    })
    .join("");
}
