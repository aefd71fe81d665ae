"""Dates of models and a closed gate, in Python, with strict response validation.

Arguments: base URL, key, training file, tuned model. The base `old-base` is past its day.
"""

import sys
from pathlib import Path

from openai import NotFoundError, OpenAI, PermissionDeniedError

base_url, key, path, tuned = sys.argv[1:5]
client = OpenAI(base_url=base_url, api_key=key, _strict_response_validation=True)
messages = [{"role": "user", "content": "hi"}]

days = {model.id: model.shutdown_date for model in client.models.list()}
assert days["tiny-base"] == days[tuned] == "2027-06-01" and days["next-base"] is None
assert "old-base" not in days
assert client.models.retrieve(tuned).shutdown_date == "2027-06-01"

raw = client.chat.completions.with_raw_response.create(model=tuned, messages=messages)
assert raw.parse().model == tuned
assert raw.headers["deprecation"].startswith("@")
assert raw.headers["sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
assert 'rel="successor-version"' in raw.headers["link"]

training = client.files.create(file=Path(path), purpose="fine-tune")
try:
    client.fine_tuning.jobs.create(model="next-base", training_file=training.id)
    raise AssertionError("a job was created past the gate")
except PermissionDeniedError as error:
    assert error.code == "training_not_available" and "winding down" in error.message

try:
    client.chat.completions.create(model="old-base", messages=messages)
    raise AssertionError("a model answered that is retired")
except NotFoundError as error:
    assert error.code == "model_not_found" and "has been deprecated" in error.message
print("ok")
