"""Pausing, resuming and creating once, in Python, with strict response validation.

Arguments: base URL, key, training file, model. The server's trainer trains until it is stopped.
"""

import json
import sys
import time

from openai import BadRequestError, OpenAI

base_url, key, path, model = sys.argv[1:5]
client = OpenAI(base_url=base_url, api_key=key, _strict_response_validation=True)
jobs = client.fine_tuning.jobs


def until(job_id, is_wanted):
    for _ in range(400):
        job = jobs.retrieve(job_id)
        if is_wanted(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"job {job_id} did not become as wanted")


with open(path, "rb") as handle:
    file = client.files.create(file=handle, purpose="fine-tune")

once = {"Idempotency-Key": "from-python"}
job = jobs.create(training_file=file.id, model=model, extra_headers=once)
assert jobs.create(training_file=file.id, model=model, extra_headers=once).id == job.id
until(job.id, lambda one: one.status == "running" and one.estimated_finish)

assert jobs.pause(job.id).status == "running"
paused = until(job.id, lambda one: one.status == "queued")
assert paused.paused_at is not None and paused.estimated_finish is None
try:
    jobs.pause(job.id)
    raise AssertionError("a paused job was paused")
except BadRequestError as error:
    assert error.code == "job_already_paused" and error.param == "fine_tune_id"

assert jobs.resume(job.id).paused_at is None
until(job.id, lambda one: one.status == "running")
messages = [event.message for event in jobs.list_events(job.id, limit=100)]
assert any(text.startswith("The job has been paused at step ") for text in messages)
assert "The job has been resumed" in messages
assert jobs.cancel(job.id).status == "cancelled"

pairs = [
    {
        "input": {"messages": [{"role": "user", "content": f"Question {number}"}]},
        "preferred_output": [{"role": "assistant", "content": "Good."}],
        "non_preferred_output": [{"role": "assistant", "content": "Bad."}],
    }
    for number in range(12)
]
lines = "\n".join(json.dumps(pair) for pair in pairs)
preferences = client.files.create(file=("pairs.jsonl", lines.encode()), purpose="fine-tune")
hyperparameters = {"beta": 0.2, "n_epochs": 2}
dpo = jobs.create(
    training_file=preferences.id,
    model=model,
    method={"type": "dpo", "dpo": {"hyperparameters": hyperparameters}},
    extra_body={"metadata": {"crew": ""}},
)
assert dpo.method.type == "dpo" and dpo.method.dpo.hyperparameters.beta == 0.2
assert [one.id for one in jobs.list(limit=1, metadata={"crew": ""})] == [dpo.id]
assert [one.id for one in jobs.list(metadata={})] == [one.id for one in jobs.list()]
jobs.cancel(dpo.id)
print("ok")
