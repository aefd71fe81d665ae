import { useState } from "react";
import { Select } from "../ui/field.tsx";

const root = document.documentElement;

function show(choice: string): void {
  const isDark = choice === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : choice === "dark";
  root.classList.toggle("dark", isDark);
  dispatchEvent(new Event("themechange"));
}

/** All that is kept in the page's storage. */
export function ThemeChoice() {
  const [choice, setChoice] = useState(localStorage.getItem("theme") ?? "system");
  const choose = (to: string) => {
    if (to === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", to);
    show(to);
    setChoice(to);
  };
  return (
    <Select aria-label="Colours" value={choice} onChange={(event) => choose(event.target.value)}>
      <option value="system">As the system</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </Select>
  );
}
