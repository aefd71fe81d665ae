// biome-ignore-all lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
// biome-ignore-all lint/a11y/useSemanticElements: a part that scrolls, with a name

import { Badge } from "../../ui/badge.tsx";
import type { Answer } from "../playground/answer.ts";
import { answerBadges } from "../playground/answer-badge.tsx";
import type { Answers } from "../playground/follow-answer.ts";
import type { SampleColumn } from "./sample-columns.ts";
import { answered, isSame, type Sample } from "./sample-row.ts";
import { keyOf } from "./use-samples.ts";

const cell = "min-w-36 max-w-80 border-t border-line px-3 py-2 align-top break-words whitespace-pre-wrap";
const head = "px-3 py-2 text-left text-sm font-medium text-soft";

const Verdict = ({ answer, expected }: { readonly answer: Answer; readonly expected: string }) => {
  if (answer.status !== "done") return answerBadges[answer.status];
  if (answer.finishReason === "length") return <Badge tone="warn">cut, too long</Badge>;
  return isSame(answered(answer), expected) ? (
    <Badge tone="good">as expected</Badge>
  ) : (
    <Badge tone="plain">differs</Badge>
  );
};

const Given = ({ answer, expected }: { readonly answer: Answer | undefined; readonly expected: string }) => {
  if (!answer) return <span className="text-soft">not asked yet</span>;
  return (
    <>
      <Verdict answer={answer} expected={expected} />
      {/* A base may write on and on. */}
      <div role="group" aria-label="Answer" tabIndex={0} className="max-h-36 overflow-y-auto">
        {answered(answer)}
      </div>
      {answer.error && <span className="block text-bad">{answer.error}</span>}
    </>
  );
};

type Props = {
  readonly samples: readonly Sample[];
  readonly columns: readonly SampleColumn[];
  readonly answers: Answers;
};

/** A row of the file a line, a model a column; it scrolls in itself where the window is narrow. */
export const SampleTable = ({ samples, columns, answers }: Props) => (
  <div
    role="region"
    aria-label="Answers"
    tabIndex={0}
    className="overflow-x-auto rounded-md border border-line"
  >
    <table className="w-full border-collapse">
      <thead>
        <tr>
          <th scope="col" className={head}>
            Row
          </th>
          <th scope="col" className={head}>
            Expected
          </th>
          {columns.map(({ key, title }) => (
            <th key={key} scope="col" className={head}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {samples.map((sample) => (
          <tr key={sample.line}>
            <th scope="row" className={`${cell} text-left font-normal`}>
              <span className="block text-sm text-soft">Line {sample.line}</span>
              <span className="line-clamp-6">{sample.asks}</span>
            </th>
            <td className={cell}>{sample.expected}</td>
            {columns.map((column) => (
              <td key={column.key} className={cell}>
                <Given answer={answers.get(keyOf({ sample, column }))} expected={sample.expected} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
