"""A whole fine-tune by OpenAI's own SDK (`pip install openai`). It reads OPENAI_BASE_URL and OPENAI_API_KEY:

OPENAI_BASE_URL=http://127.0.0.1:4010/v1 OPENAI_API_KEY=$(cat data/api-key) python examples/python_sdk.py
"""

import sys
import time
from pathlib import Path

from openai import OpenAI

client = OpenAI()
default = Path(__file__).parent / "bakery.jsonl"
path = Path(sys.argv[1]) if len(sys.argv) > 1 else default

with path.open("rb") as data:
    file = client.files.create(file=data, purpose="fine-tune")

job = client.fine_tuning.jobs.create(
    training_file=file.id,
    model="smollm2-135m-instruct",
    suffix="bakery",
)

while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(2)
    job = client.fine_tuning.jobs.retrieve(job.id)
    print(job.id, job.status)
if job.fine_tuned_model is None:
    sys.exit(f"The job {job.status}: {job.error and job.error.message}")

completion = client.chat.completions.create(
    model=job.fine_tuned_model,
    messages=[{"role": "user", "content": "Do you deliver?"}],
    temperature=0,
)
print(job.fine_tuned_model)
print(completion.choices[0].message.content)
