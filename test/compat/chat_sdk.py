"""Chat helpers of OpenAI's package with strict response validation. Arguments: base URL, key, model."""

import json
import sys
from enum import Enum

from openai import NotFoundError, OpenAI, pydantic_function_tool
from pydantic import BaseModel

base_url, key, model = sys.argv[1:4]
client = OpenAI(base_url=base_url, api_key=key, _strict_response_validation=True)


class City(str, Enum):
    rome = "Rome"
    oslo = "Oslo"


class Weather(BaseModel):
    """The weather of a city."""

    city: City
    days: list[bool] | None


class Trip(BaseModel):
    to: City
    stops: list[City]


messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
ask = {"model": model, "messages": messages, "temperature": 0}

called = client.chat.completions.parse(
    **ask, tools=[pydantic_function_tool(Weather)], tool_choice="required", parallel_tool_calls=False, max_tokens=200
)
call = called.choices[0].message.tool_calls[0]
assert isinstance(call.function.parsed_arguments, Weather)
assert called.choices[0].finish_reason == "tool_calls"

with client.chat.completions.stream(
    **ask, tools=[pydantic_function_tool(Weather)], tool_choice="required", parallel_tool_calls=False, max_tokens=200
) as stream:
    kinds = [event.type for event in stream]
    final = stream.get_final_completion()
assert "tool_calls.function.arguments.delta" in kinds and "tool_calls.function.arguments.done" in kinds
json.loads(final.choices[0].message.tool_calls[0].function.arguments)

try:
    trip = client.chat.completions.parse(**{**ask, "temperature": 1}, seed=5, response_format=Trip, max_tokens=300)
except Exception as error:
    # The model may go on listing stops until its tokens are used up.
    assert type(error).__name__ == "LengthFinishReasonError", error
else:
    assert isinstance(trip.choices[0].message.parsed, Trip)

older = client.chat.completions.create(
    **ask, functions=[{"name": "now"}], function_call={"name": "now"}, max_tokens=60
)
assert older.choices[0].finish_reason == "function_call"
assert json.loads(older.choices[0].message.function_call.arguments) == {}

kept = client.chat.completions.create(**ask, max_tokens=2, store=True, metadata={"from": "python"})
assert kept.metadata == {"from": "python"} if hasattr(kept, "metadata") else True
assert [one.id for one in client.chat.completions.list(metadata={"from": "python"})] == [kept.id]
assert client.chat.completions.update(kept.id, metadata={"from": "me"}).id == kept.id
assert client.chat.completions.retrieve(kept.id).choices == kept.choices
assert client.chat.completions.delete(kept.id).deleted
try:
    client.chat.completions.retrieve(kept.id)
    raise AssertionError("a deleted completion was found")
except NotFoundError:
    pass

text = client.completions.create(model=model, prompt=["The capital of France is"], max_tokens=2, temperature=0, logprobs=1)
assert text.choices[0].text == " Paris." and text.choices[0].logprobs.text_offset == [0, 6]
print("ok")
