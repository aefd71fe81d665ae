import type { OutputItem } from "../../contract/response-items.ts";
import type { StreamEvent } from "../../contract/responses.ts";
import { outputText } from "../conversations/item.ts";

function grown(item: OutputItem, delta: string): OutputItem {
  if (item.type === "function_call") return { ...item, arguments: item.arguments + delta };
  const [part] = item.content;
  const before = part?.type === "output_text" ? part.text : "";
  return { ...item, content: [outputText(before + delta)] };
}

/** Events as they were stored say what an item is. */
const itemOf = (event: StreamEvent): OutputItem => JSON.parse(JSON.stringify(event.item));

/** What a response had said when its events end; the last item was not finished. */
export function storedOutput(events: readonly StreamEvent[]): OutputItem[] {
  const items: OutputItem[] = [];
  let open: OutputItem | null = null;
  for (const event of events) {
    if (event.type === "response.output_item.added") open = itemOf(event);
    else if (event.type === "response.output_item.done") {
      items.push(itemOf(event));
      open = null;
    } else if (open && typeof event.delta === "string") open = grown(open, event.delta);
  }
  return open ? [...items, { ...open, status: "incomplete" }] : items;
}
