import { useEffect, useState } from "react";
import { Select } from "../ui/field.tsx";

const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function show(choice: string): void {
  root.classList.toggle("dark", choice === "system" ? systemIsDark.matches : choice === "dark");
  dispatchEvent(new Event("themechange"));
}

/** All that is kept in the page's storage. */
export function ThemeChoice() {
  const [choice, setChoice] = useState(localStorage.getItem("theme") ?? "system");
  useEffect(() => {
    const follow = () => show(choice);
    systemIsDark.addEventListener("change", follow);
    return () => systemIsDark.removeEventListener("change", follow);
  }, [choice]);
  const choose = (to: string) => {
    if (to === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", to);
    show(to);
    setChoice(to);
  };
  return (
    <Select aria-label="Colours" value={choice} onChange={(event) => choose(event.target.value)}>
      <option value="system">Colours of the system</option>
      <option value="light">Light colours</option>
      <option value="dark">Dark colours</option>
    </Select>
  );
}
