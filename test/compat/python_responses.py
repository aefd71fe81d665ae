"""Responses and conversations, in Python, with strict response validation. Arguments: base URL, key, model."""

import sys
import time
from typing import Literal

from openai import BadRequestError, NotFoundError, OpenAI
from pydantic import BaseModel

base_url, key, model = sys.argv[1:4]
client = OpenAI(base_url=base_url, api_key=key, _strict_response_validation=True)
short = {"model": model, "max_output_tokens": 16, "temperature": 0}

first = client.responses.create(**short, input="Say hello.", instructions="Be brief.")
assert first.output_text and first.usage.total_tokens > 0
assert client.responses.retrieve(first.id).output_text == first.output_text
second = client.responses.create(
    **short, input="And goodbye.", previous_response_id=first.id
)
assert second.previous_response_id == first.id
assert [
    item.content[0].text for item in client.responses.input_items.list(second.id)
] == ["And goodbye."]

with client.responses.stream(
    **short, input="Say hello.", instructions="Be brief."
) as stream:
    events = list(stream)
assert [event.sequence_number for event in events] == list(range(len(events)))
assert (
    "".join(
        event.delta for event in events if event.type == "response.output_text.delta"
    )
    == first.output_text
)
last = events[-1].response
assert last.output_text == first.output_text
rest = list(client.responses.retrieve(last.id, stream=True, starting_after=3))
assert [event.sequence_number for event in rest] == list(range(4, len(events)))

counted = client.responses.input_tokens.count(
    model=model, input="Say hello.", instructions="Be brief."
)
assert counted.input_tokens == first.usage.input_tokens


class City(BaseModel):
    city: Literal["Rome", "Oslo"]


parsed = client.responses.parse(
    model=model,
    max_output_tokens=40,
    temperature=0,
    input="Give a city.",
    text_format=City,
)
assert parsed.output_parsed.city in ("Rome", "Oslo")

queued = client.responses.create(**short, input="Say hello.", background=True)
assert queued.status == "queued"
while queued.status in ("queued", "in_progress"):
    time.sleep(0.1)
    queued = client.responses.retrieve(queued.id)
assert queued.status in ("completed", "incomplete")
try:
    client.responses.cancel(queued.id)
    raise AssertionError("what had ended was cancelled")
except BadRequestError as error:
    assert error.param == "response_id"

conversation = client.conversations.create(
    items=[{"type": "message", "role": "user", "content": "I am Ann."}]
)
client.responses.create(**short, conversation=conversation.id, input="Hello.")
roles = [
    item.role for item in client.conversations.items.list(conversation.id, order="asc")
]
assert roles == ["user", "user", "assistant"]
assert client.conversations.delete(conversation.id).deleted

client.responses.delete(first.id)
try:
    client.responses.retrieve(first.id)
    raise AssertionError("a deleted response was read")
except NotFoundError as error:
    assert error.code == "response_not_found"
try:
    client.responses.create(**short, input="Hi.", tools=[{"type": "web_search"}])
    raise AssertionError("a hosted tool was taken")
except BadRequestError as error:
    assert error.param == "tools[0].type"
print("ok")
