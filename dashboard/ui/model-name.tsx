/** Where the part begins by which a tuned model is told from others of its base: the suffix, the id, the step. */
const OWN = /:[^:]*:[^:]+(?::ckpt-step-\d+)?$/;

const ownPart = (id: string): string => (id.startsWith("ft:") ? (OWN.exec(id)?.[0] ?? "") : "");

/** For where a long name is cut at its end: what tells it from others comes first. */
export function cutName(id: string): string {
  const own = ownPart(id);
  return own === "" ? id : `${own.slice(1)} (${id.slice(0, -own.length)})`;
}

/** A model's name that is shortened in its middle: what tells tuned models apart stands at their end. */
export function ModelName({ id }: { readonly id: string }) {
  const own = ownPart(id);
  return (
    <span title={id} className="inline-flex max-w-full min-w-0 align-bottom">
      <span className="min-w-0 truncate">{own === "" ? id : id.slice(0, -own.length)}</span>
      {own !== "" && <span className="max-w-full shrink-0 truncate">{own}</span>}
    </span>
  );
}
