import type { ButtonHTMLAttributes } from "react";

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { readonly isDanger?: boolean };

/** For the rows of lists, where a whole button would be too much. */
export const TextButton = ({ isDanger = false, className = "", ...rest }: Props) => (
  <button
    {...rest}
    type="button"
    className={`-mx-1 max-w-full cursor-pointer truncate align-bottom rounded px-1 hover:underline disabled:cursor-not-allowed disabled:opacity-60 ${isDanger ? "text-bad" : "text-accent"} ${className}`}
  />
);
