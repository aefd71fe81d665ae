import type { ReactNode } from "react";
import { Link } from "wouter";
import { useAddress } from "../../ui/address.ts";

/** From a part of the overview to the page that has all of it. */
export const MoreLink = ({ to, children }: { readonly to: string; readonly children: ReactNode }) => (
  <Link href={useAddress()(to)} className="text-accent hover:underline">
    {children}
  </Link>
);
