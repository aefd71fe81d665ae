function copyBySelection(text: string): void {
  const field = document.createElement("textarea");
  field.value = text;
  // In the open dialog where there is one: what is outside it takes no focus.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** Puts a text on the clipboard; pages over plain HTTP from another machine have none to write to by themselves. */
export async function copy(text: string): Promise<void> {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard) await clipboard.writeText(text);
  else copyBySelection(text);
}
