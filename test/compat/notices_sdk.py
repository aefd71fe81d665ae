"""Takes a notice of a date with OpenAI's client for Python. One JSON object on stdin: {body, headers, secret}."""

import json
import sys

from openai import OpenAI

one = json.load(sys.stdin)
event = OpenAI(api_key="unused").webhooks.unwrap(one["body"], one["headers"], secret=one["secret"])
print(event.object, event.type, event.data.id)
