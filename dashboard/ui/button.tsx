import type { ButtonHTMLAttributes } from "react";
import { Link } from "wouter";

type Kind = "primary" | "plain" | "danger";
const shapes =
  "inline-flex items-center justify-center gap-2 rounded-md border px-3 py-1.5 font-medium transition-colors disabled:opacity-60 aria-busy:opacity-70 cursor-pointer disabled:cursor-not-allowed";
const colours: Record<Kind, string> = {
  primary: "border-transparent bg-accent text-on-accent hover:brightness-110",
  plain: "border-line bg-panel text-ink hover:bg-sunk",
  danger: "border-bad bg-panel text-bad hover:bg-sunk",
};

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { readonly kind?: Kind; readonly isBusy?: boolean };

export const Button = ({
  kind = "plain",
  isBusy = false,
  className = "",
  type = "button",
  ...rest
}: Props) => (
  <button
    {...rest}
    type={type}
    aria-busy={isBusy}
    disabled={rest.disabled === true || isBusy}
    className={`${shapes} ${colours[kind]} ${className}`}
  />
);

export const LinkButton = ({
  href,
  kind = "plain",
  children,
}: {
  href: string;
  kind?: Kind;
  children: React.ReactNode;
}) => (
  <Link href={href} className={`${shapes} ${colours[kind]}`}>
    {children}
  </Link>
);
