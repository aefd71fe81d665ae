/** Whether a file teaches to choose among a few labels, and how evenly it shows them. */

const LONGEST_LABEL = 60;
const MOST_LABELS = 5000;
const FEWEST_ROWS = 20;
const ROWS_A_LABEL = 3;
const NEARLY_ALL = 0.9;
const NEARLY_NONE = 0.1;
const NAMED_LABELS = 5;
/** Of what is chosen from a few, a half may be rare; where rarities are many more, the answers are no fixed list. */
const A_FEW = 50;
const RARE_OF_FEW = 0.5;
const RARE_OF_MANY = 0.2;

const isLabel = (text: string) => text !== "" && text.length <= LONGEST_LABEL && !text.includes("\n");

const percent = (part: number, whole: number) => `${Math.floor((100 * part) / whole)}%`;

export type Imbalance = {
  readonly code: "one_answer" | "label_dominates" | "rare_labels";
  readonly message: string;
};

function describe(labels: ReadonlyMap<string, number>, rows: number): Imbalance[] {
  const sorted = [...labels].sort(([, a], [, b]) => b - a);
  const [[top, most] = ["", 0]] = sorted;
  const name = JSON.stringify(top);
  if (labels.size === 1)
    return [
      {
        code: "one_answer",
        message: `All ${rows} rows have the same answer, ${name}: the model learns to say nothing else.`,
      },
    ];
  const found: Imbalance[] = [];
  if (most >= NEARLY_ALL * rows) {
    const message = `The answer ${name} stands in ${percent(most, rows)} of the rows: the model may give it always. Add rows with other answers, or remove some of these.`;
    found.push({ code: "label_dominates", message });
  }
  const few = Math.max(2, (NEARLY_NONE * rows) / labels.size);
  const rare = sorted.filter(([, count]) => count < few);
  const mostRare = labels.size * (labels.size > A_FEW ? RARE_OF_MANY : RARE_OF_FEW);
  if (rare.length > 0 && rare.length <= mostRare) {
    const named = rare.slice(-NAMED_LABELS).map(([label, count]) => `${JSON.stringify(label)} (${count})`);
    const more = rare.length > named.length ? ` and ${rare.length - named.length} more` : "";
    const message = `Of the ${labels.size} answers some have almost no rows: ${named.join(", ")}${more}. Add rows with them.`;
    found.push({ code: "rare_labels", message });
  }
  return found;
}

/** Counts answers while they are few and short; as soon as they are not, it stops and finds nothing. */
export class LabelBalance {
  #labels: Map<string, number> | null = new Map();
  #rows = 0;

  /** `answers`: all that a row trains; null: it calls a tool, which is more than a label. */
  add(answers: readonly string[] | null): void {
    if (answers === null) this.#labels = null;
    else for (const answer of answers) this.#addOne(answer);
  }

  #addOne(answer: string): void {
    if (this.#labels === null) return;
    this.#rows += 1;
    const label = answer.trim();
    this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
    if (!isLabel(label) || this.#labels.size > MOST_LABELS) this.#labels = null;
  }

  find(): Imbalance[] {
    const labels = this.#labels;
    if (labels === null || this.#rows < FEWEST_ROWS || labels.size * ROWS_A_LABEL > this.#rows) return [];
    return describe(labels, this.#rows);
  }
}
