"""Manages webhook endpoints with OpenAI's client for Python, in strict mode. Arguments: base URL, key, URL to send to."""

import sys

from openai import BadRequestError, NotFoundError, OpenAI

base_url, key, url = sys.argv[1:4]
webhooks = OpenAI(base_url=base_url, api_key=key, _strict_response_validation=True).webhooks

made = webhooks.create(name="ci", url=url, event_types=["fine_tuning.job.succeeded"])
assert made.signing_secret.startswith("whsec_")
assert webhooks.retrieve(made.id).url == url
assert webhooks.update(made.id, name="other").name == "other"
rotated = webhooks.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
assert rotated.signing_secret != made.signing_secret
result = webhooks.test(made.id, event_type="fine_tuning.job.failed")
assert result.success and result.status_code == 200
assert [one.id for one in webhooks.list(limit=1)] == [made.id]
assert "fine_tuning.job.cancelled" in webhooks.event_types.list().data
try:
    webhooks.create(name="x", url="https://user:pass@example.com/", event_types=["fine_tuning.job.failed"])
    raise AssertionError("credentials in a URL were taken")
except BadRequestError as error:
    assert error.param == "url"
assert webhooks.delete(made.id).deleted
try:
    webhooks.retrieve(made.id)
    raise AssertionError("a deleted endpoint was found")
except NotFoundError as error:
    assert error.code == "webhook_not_found"
print("ok")
