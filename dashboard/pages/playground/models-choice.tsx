import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { cutName } from "../../ui/model-name.tsx";
import { MOST_MODELS } from "./setup.ts";

type Props = {
  readonly chosen: readonly string[];
  /** Those that there are. */
  readonly known: readonly string[];
  readonly onChange: (models: readonly string[]) => void;
};

/** One to four, each once; a link may name one that is not listed any more. */
export function ModelsChoice({ chosen, known, onChange }: Props) {
  const all = [...new Set([...known, ...chosen])];
  const next = all.find((model) => !chosen.includes(model));
  return (
    <div className="grid gap-2">
      {chosen.map((model, index) => (
        <div key={model} className="flex min-w-0 gap-2">
          <Select
            aria-label={`Model ${index + 1}`}
            value={model}
            title={model}
            onChange={(event) => onChange(chosen.with(index, event.target.value))}
            className="min-w-0"
          >
            {all.map((one) => (
              <option key={one} value={one} disabled={one !== model && chosen.includes(one)}>
                {cutName(one)}
              </option>
            ))}
          </Select>
          {chosen.length > 1 && (
            <Button aria-label={`Remove ${model}`} onClick={() => onChange(chosen.toSpliced(index, 1))}>
              ✕
            </Button>
          )}
        </div>
      ))}
      {next !== undefined && chosen.length < MOST_MODELS && (
        <div>
          <Button onClick={() => onChange([...chosen, next])}>Compare with one more</Button>
        </div>
      )}
    </div>
  );
}
