import { EngineError } from "../engine.ts";

/** How a model's template writes a call: `open` NAME `between` ARGUMENTS `close`. */
export type ToolFormat = {
  readonly open: string;
  readonly between: string;
  readonly close: string;
  /** Between two calls; null: it writes one only. */
  readonly separator: string | null;
  /** The first of `open`, which tells a call from text. */
  readonly marker: string;
};

type Render = (messages: readonly object[]) => Promise<string>;

const QUESTION = { role: "user", content: "a question" };
const ANSWER = "an answer in between";
const NAMES = ["probe_one", "probe_two"] as const;

const ARGUMENTS = /\{"x": ?1\}/;

const callOf = (name: string) => ({
  id: `call_${name}`,
  type: "function",
  function: { name, arguments: '{"x": 1}' },
});
const probeTools = NAMES.map((name) => ({
  type: "function",
  function: {
    name,
    description: name,
    parameters: { type: "object", properties: { x: { type: "integer" } }, required: ["x"] },
  },
}));

/** What stands around a name and its arguments; null: they are not written one after the other, as JSON. */
function pieces(call: string, name: string) {
  const found = ARGUMENTS.exec(call);
  const at = call.indexOf(name);
  if (!found || at < 0 || at > found.index) return null;
  const open = call.slice(0, at);
  const between = call.slice(at + name.length, found.index);
  return { open, between, close: call.slice(found.index + found[0].length) };
}

function separatorOf(calls: string, format: { open: string; close: string }): string | null {
  const found = ARGUMENTS.exec(calls);
  const end = (found?.index ?? 0) + (found?.[0].length ?? 0) + format.close.length;
  const second = calls.indexOf(format.open + NAMES[1], end);
  return second < 0 ? null : calls.slice(end, second);
}

/** Reads the format from what the template makes of one call and of two; null: it is none of ours. */
export async function readToolFormat(render: Render): Promise<ToolFormat | null> {
  const turn = (message: object) => render([QUESTION, { role: "assistant", ...message }, QUESTION]);
  const asked = await render([QUESTION]);
  const answered = await turn({ content: ANSWER });
  if (!answered.startsWith(asked + ANSWER)) return null;
  const rest = answered.slice(asked.length + ANSWER.length);
  const written = async (names: readonly string[]) => {
    const prompt = await turn({ content: null, tool_calls: names.map(callOf) });
    const isLike = prompt.startsWith(asked) && prompt.endsWith(rest);
    return isLike ? prompt.slice(asked.length, prompt.length - rest.length) : "";
  };
  const found = pieces(await written(NAMES.slice(0, 1)), NAMES[0]);
  if (!found || found.open.trim() === "") return null;
  const marker = /^[^\s{]+/.exec(found.open)?.[0] ?? found.open;
  return { ...found, marker, separator: separatorOf(await written(NAMES), found) };
}

type RenderWithTools = (messages: readonly object[], tools: readonly object[]) => Promise<string>;

/** The format of the model that a server has loaded. Templates that refuse our example have none that we know. */
export async function findToolFormat(
  render: RenderWithTools,
  signal: AbortSignal,
): Promise<ToolFormat | null> {
  try {
    return await readToolFormat((messages) => render(messages, probeTools));
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (signal.aborted)
      throw new EngineError("The engine did not say how it writes calls.", { cause: error });
    return null;
  }
}
