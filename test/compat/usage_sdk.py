"""Limits and use with the openai package in strict mode: headers, retries, the admin's lists.

Arguments: base URL, key, admin key, project, model.
"""

import sys
import time

from openai import OpenAI, RateLimitError

base_url, key, admin_key, project, model = sys.argv[1:6]
client = OpenAI(base_url=base_url, api_key=key, max_retries=0, _strict_response_validation=True)
admin = OpenAI(base_url=base_url, api_key=admin_key, admin_api_key=admin_key, _strict_response_validation=True)
messages = [{"role": "user", "content": "hi"}]

raw = client.chat.completions.with_raw_response.create(model=model, messages=messages)
assert int(raw.headers["x-ratelimit-limit-requests"]) > 0
assert raw.parse().choices[0].message.content

limits = admin.admin.organization.projects.rate_limits
listed = list(limits.list_rate_limits(project))
assert [one.model for one in listed] == [model]
changed = limits.update_rate_limit(listed[0].id, project_id=project, max_requests_per_1_minute=1)
assert changed.max_requests_per_1_minute == 1
try:
    client.chat.completions.create(model=model, messages=messages)
    raise AssertionError("one request too many was answered")
except RateLimitError as error:
    assert error.code == "rate_limit_exceeded" and error.type == "requests", error
    assert 1 <= int(error.response.headers["retry-after"]) <= 60

# Six a second: the client waits as long as the answer says, and gets through.
limits.update_rate_limit(listed[0].id, project_id=project, max_requests_per_1_minute=360)
limits.update_rate_limit(listed[0].id, project_id=project, max_tokens_per_1_minute=100_000)
patient = client.with_options(max_retries=5)
for _ in range(3):
    assert patient.chat.completions.create(model=model, messages=messages).choices

usage = admin.admin.organization.usage.completions(
    start_time=int(time.time()) - 3600, bucket_width="1h", group_by=["model", "project_id"]
)
results = [result for bucket in usage.data for result in bucket.results]
assert sum(result.num_model_requests for result in results) >= 4
assert {(result.model, result.project_id) for result in results} == {(model, project)}
print("ok")
