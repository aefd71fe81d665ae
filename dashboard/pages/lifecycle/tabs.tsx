import { Link } from "wouter";
import { useAddress } from "../../ui/address.ts";

type Tab = { readonly id: string; readonly name: string };
type Props = { readonly label: string; readonly tabs: readonly Tab[]; readonly current: string };

/** Parts of one screen, each with an address of its own. The first is shown where the address names none. */
export function Tabs({ label, tabs, current }: Props) {
  const address = useAddress();
  const hrefOf = (id: string, index: number) => address("/lifecycle", index === 0 ? {} : { view: id });
  return (
    <nav aria-label={label} className="overflow-x-auto border-b border-line">
      <ul className="flex sm:gap-1">
        {tabs.map(({ id, name }, index) => (
          <li key={id}>
            <Link
              href={hrefOf(id, index)}
              aria-current={id === current ? "page" : undefined}
              className="block border-b-2 border-transparent px-2 py-2 sm:px-3 whitespace-nowrap text-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-semibold aria-[current=page]:text-ink"
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
