"""OpenAI's own examples, in Python, with strict response validation. Arguments: base URL, key, training file, model."""

import sys
import time

from openai import BadRequestError, NotFoundError, OpenAI

base_url, key, path, model = sys.argv[1:5]
client = OpenAI(base_url=base_url, api_key=key, _strict_response_validation=True)

with open(path, "rb") as handle:
    file = client.files.create(file=handle, purpose="fine-tune")
assert file.status == "processed"
assert client.files.retrieve(file.id) == file
assert [one.id for one in client.files.list(purpose="fine-tune", limit=1)] == [file.id]
assert client.files.content(file.id).text == open(path).read()

job = client.fine_tuning.jobs.create(
    training_file=file.id,
    model=model,
    hyperparameters={"n_epochs": 2, "batch_size": 6},
)
assert job.error is None and job.hyperparameters.n_epochs == 2
while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(0.3)
    job = client.fine_tuning.jobs.retrieve(job.id)
assert job.status == "succeeded", job.error

events = list(client.fine_tuning.jobs.list_events(job.id, limit=5))
assert events[0].message == "The job has successfully completed"
checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
assert checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
assert [one.id for one in client.fine_tuning.jobs.list(limit=1)][0] == job.id

messages = [{"role": "user", "content": "What colour is grass?"}]
answer = client.chat.completions.create(model=job.fine_tuned_model, messages=messages, max_tokens=8)
assert answer.usage.total_tokens > 0 and answer.choices[0].finish_reason in ("stop", "length")
parts = client.chat.completions.create(
    model=job.fine_tuned_model, messages=messages, max_tokens=8, stream=True, stream_options={"include_usage": True}
)
chunks = list(parts)
assert chunks[-1].usage.completion_tokens > 0
with client.chat.completions.stream(model=model, messages=messages, max_tokens=8) as stream:
    # The helper's own final completion refuses answers that were cut at max_tokens.
    stream.until_done()
    assert stream.current_completion_snapshot.choices[0].message.role == "assistant"

assert job.fine_tuned_model in [one.id for one in client.models.list()]
assert client.models.delete(job.fine_tuned_model).deleted
try:
    client.chat.completions.create(model=job.fine_tuned_model, messages=messages)
    raise AssertionError("a deleted model answered")
except NotFoundError as error:
    assert error.code == "model_not_found"
try:
    client.files.create(file=("bad.jsonl", b'{"messages": oops}\n'), purpose="fine-tune")
    raise AssertionError("a bad file was taken")
except BadRequestError as error:
    assert "Expected file to have JSONL format" in error.message and "line 1" in error.message
assert client.files.delete(file.id).deleted
print("ok")
