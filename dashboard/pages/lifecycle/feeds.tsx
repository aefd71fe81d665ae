import type { Calendars } from "../../../contract/deprecations.ts";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/code.tsx";

const kinds = [
  ["/deprecations.ics", "Calendar (iCalendar)"],
  ["/deprecations.atom", "Feed (Atom)"],
  ["/deprecations", "Page"],
] as const;

/** Addresses that calendars and feed readers subscribe to. */
export const Feeds = ({ vendor }: { readonly vendor: Calendars }) => (
  <Card title="Subscribe">
    <ul className="grid gap-1.5">
      {kinds.map(([path, name]) => {
        const address = `${location.origin}${path}?vendor=${vendor}`;
        return (
          <li key={path} className="grid gap-x-4 gap-y-1 sm:grid-cols-[12rem_minmax(0,1fr)_auto]">
            <span>{name}</span>
            <a href={address} className="min-w-0 truncate py-0.5 text-accent underline">
              {address}
            </a>
            <span>
              <CopyButton label={`Copy the ${name.split(" ")[0]?.toLowerCase()}'s address`} text={address} />
            </span>
          </li>
        );
      })}
    </ul>
    <p className="mt-2 text-sm text-soft">
      They need no key unless the operator has set PERENNIAL_PUBLIC_FEEDS=off. Events move when a date moves.
    </p>
  </Card>
);
