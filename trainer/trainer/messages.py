"""OpenAI's chat messages in the one form that chat templates and engines both understand."""

import json

from trainer.engine_numbers import integer

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


class BadRow(Exception):
    """The sentence says what is wrong with the row."""


def objects(value: object, what: str) -> list[dict]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadRow(f"{what} must be a list of objects")
    return value


def text_of(content: object, where: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise BadRow(f"the content of {where} is neither text nor a list of text parts")
    return "\n".join(part_text(part, where) for part in content)


def part_text(part: object, where: str) -> str:
    for name in ("text", "refusal"):
        if isinstance(part, dict) and isinstance(part.get(name), str):
            return part[name]
    raise BadRow(f"{where} has a part that is not text; only text can be trained on")


def arguments_of(arguments: object) -> object:
    """Engines parse the arguments before they render a template, so the same call must not differ by its spaces."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments, parse_int=integer)
    except ValueError:
        return arguments


def tool_call(call: dict, where: str) -> dict:
    function = call.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadRow(f"{where} has a tool call without a function name")
    arguments = arguments_of(function.get("arguments", {}))
    kept = {"id": call["id"]} if isinstance(call.get("id"), str) else {}
    return {**kept, "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def tool_calls_of(message: dict, where: str) -> list[dict]:
    if message.get("tool_calls"):
        return [tool_call(call, where) for call in objects(message["tool_calls"], f'"tool_calls" of {where}')]
    if message.get("function_call"):
        return [tool_call({"function": message["function_call"]}, where)]
    return []


def normal_message(message: object, number: int) -> dict:
    where = f"message {number}"
    role = ROLES.get(str(message.get("role"))) if isinstance(message, dict) else None
    if role is None:
        raise BadRow(f"{where} has no known role")
    content = text_of(message.get("content"), where)
    if role != "assistant":
        kept = {name: message[name] for name in ("name", "tool_call_id") if isinstance(message.get(name), str)}
        return {"role": role, "content": content, **kept}
    calls = tool_calls_of(message, where)
    normal = {"role": role, "content": content or text_of(message.get("refusal"), where)}
    return {**normal, "tool_calls": calls} if calls else normal


def normal_messages(row: dict) -> list[dict]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRow('it has no "messages"')
    return [normal_message(message, number) for number, message in enumerate(messages, 1)]


def normal_tool(function: object) -> dict:
    """Engines keep these three of a function, in this order, and fill in what is not there."""
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadRow("it has a tool without a function name")
    described = {"description": function.get("description") or "", "parameters": function.get("parameters") or {}}
    return {"type": "function", "function": {"name": function["name"], **described}}


def normal_tools(row: dict) -> list[dict] | None:
    if row.get("tools"):
        return [normal_tool(tool.get("function")) for tool in objects(row["tools"], '"tools"')]
    if row.get("functions"):
        return [normal_tool(function) for function in objects(row["functions"], '"functions"')]
    return None


def trained_messages(row: dict) -> list[int]:
    """The places of the assistant messages that carry a loss."""
    return [
        place
        for place, message in enumerate(row["messages"])
        if message["role"] == "assistant" and message.get("weight", 1) != 0
    ]


def from_completion(row: dict) -> dict:
    """A prompt/completion row of the old form as the chat in which the served model will meet it."""
    prompt, completion = row.get("prompt"), row.get("completion")
    if not isinstance(prompt, str) or not isinstance(completion, str):
        raise BadRow('"prompt" and "completion" must be text')
    # Completions of that form open with the space that their models' tokens began with.
    answer = completion.removeprefix(" ")
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}


def as_chat(row: dict) -> dict:
    return from_completion(row) if "completion" in row and "messages" not in row else row
