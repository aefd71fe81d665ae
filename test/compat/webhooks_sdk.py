"""Checks webhooks with OpenAI's client for Python. One JSON list on stdin: {body, headers, secret} each."""

import json
import sys

from openai import InvalidWebhookSignatureError, OpenAI

client = OpenAI(api_key="unused", _strict_response_validation=True)
for one in json.load(sys.stdin):
    event = client.webhooks.unwrap(one["body"], one["headers"], secret=one["secret"])
    assert event.object == "event" and event.id == one["headers"]["webhook-id"]
    print(type(event).__name__, event.data.id)
    try:
        client.webhooks.unwrap(one["body"].replace("ftjob", "ftjab"), one["headers"], secret=one["secret"])
        raise AssertionError("a forged event was taken")
    except InvalidWebhookSignatureError:
        pass
