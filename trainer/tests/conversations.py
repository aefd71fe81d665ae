"""Chats and texts that a chat template and a tokenizer can get wrong."""

USER = {"role": "user", "content": "Hi"}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "é <b> & 'q'",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Köln", "n":[1,2.5]}'}}
RESULT = {"role": "tool", "tool_call_id": "1", "content": "rain"}

CONVERSATIONS = {
    "no system prompt": {"messages": [USER]},
    "a system prompt": {"messages": [{"role": "system", "content": "Be brief."}, USER]},
    "an empty system prompt": {"messages": [{"role": "system", "content": ""}, USER]},
    "a developer": {"messages": [{"role": "developer", "content": "Be brief."}, USER]},
    "a late system message": {"messages": [USER, {"role": "system", "content": "Be brief."}]},
    "several turns": {"messages": [USER, {"role": "assistant", "content": "Hello\n"}, USER]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": t} for t in "ab"]}]},
    "tools": {"messages": [USER], "tools": [TOOL, TOOL]},
    "a tool that says little": {"messages": [USER], "tools": [{"type": "function", "function": {"name": "now"}}]},
    "a tool with other keys in another order": {
        "messages": [USER],
        "tools": [{"strict": True, "function": {"strict": True, "parameters": {}, "name": "now", "description": None}}],
    },
    "a call and its results": {
        "messages": [USER, {"role": "assistant", "content": None, "tool_calls": [CALL]}, RESULT, RESULT, USER],
        "tools": [TOOL],
    },
    "text and two calls": {
        "messages": [USER, {"role": "assistant", "content": "Wait.", "tool_calls": [CALL, CALL]}, RESULT],
        "tools": [TOOL],
    },
    "functions of the old form": {
        "messages": [
            USER,
            {"role": "assistant", "content": None, "function_call": CALL["function"]},
            {"role": "function", "name": "weather", "content": "rain"},
        ],
        "functions": [TOOL["function"]],
    },
    "a refusal": {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}, USER]},
}

TEXTS = [
    "",
    "  ",
    "\n\n",
    "a  b",
    "a\n\n b",
    "\t\tx",
    "end   ",
    "   start\r\n\r\n",
    "x\u00a0y\u2003z",
    "1234567 89, 3.14159e10",
    "\u00bd \u00b2 \u0663 \u0967\u0968 \u2167 \u2460 \U0001d7d8\U0001d7d9",
    "don't I'LL we've",
    "foo_bar(baz) {\n    return 1;\n}\n",
    "Köln straße e\u0301",
    "日本語テスト",
    "한국어 조선말",
    "\U0001f44d\U0001f3fd\U0001f468\u200d\U0001f469\u200d\U0001f467 ok",
    "\u200b\u200d\x01a\x7f",
    "<|im_start|>user\nHi<|im_end|>\n",
    "<|endoftext|>x<repo_name>",
    "a<|im_end|>\n <|im_start|>",
    "<|im_end",
    "http://a.b/c?d=1&e=2",
]
