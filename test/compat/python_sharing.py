"""Uploads in parts and checkpoint permissions, in Python, with strict response validation.

Arguments: base URL, key, admin key, training file, model, checkpoint, result file.
"""

import base64
import hashlib
import sys
from pathlib import Path

from openai import BadRequestError, NotFoundError, OpenAI

base_url, key, admin_key, path, model, checkpoint, result_file = sys.argv[1:8]
content = Path(path).read_bytes()
md5 = hashlib.md5(content).hexdigest()


def connect(api_key: str) -> OpenAI:
    return OpenAI(base_url=base_url, api_key=api_key, _strict_response_validation=True)


client = connect(key)
# The helper cuts, sends and completes by itself.
done = client.uploads.upload_file_chunked(
    file=Path(path), mime_type="text/jsonl", purpose="fine-tune", part_size=250, md5=md5
)
assert done.status == "completed" and done.file is not None
assert client.files.content(done.file.id).content == content

upload = client.uploads.create(filename="a.txt", purpose="user_data", bytes=10, mime_type="text/plain")
second = client.uploads.parts.create(upload.id, data=b"world")
first = client.uploads.parts.create(upload.id, data=b"hello")
try:
    client.uploads.complete(upload.id, part_ids=[first.id])
    raise AssertionError("an upload was completed that lacks a part")
except BadRequestError as error:
    assert error.param == "part_ids" and "5 bytes" in error.message
done = client.uploads.complete(upload.id, part_ids=[first.id, second.id])
assert done.file is not None and client.files.content(done.file.id).text == "helloworld"
left = client.uploads.create(filename="a.txt", purpose="user_data", bytes=10, mime_type="text/plain")
assert client.uploads.cancel(left.id).status == "cancelled"

# The Python package sends the key, not the admin key, to checkpoint permissions: a client of its own.
admin = OpenAI(base_url=base_url, api_key=admin_key, admin_api_key=admin_key, _strict_response_validation=True)
project = admin.admin.organization.projects.create(name="Python")
account = admin.admin.organization.projects.service_accounts.create(project.id, name="python")
assert account.api_key is not None
other = connect(account.api_key.value)
permissions = admin.fine_tuning.checkpoints.permissions
messages = [{"role": "user", "content": "hi"}]
for name in (model, checkpoint):
    granted = list(permissions.create(name, project_ids=[project.id]))
    assert [one.project_id for one in granted] == [project.id]
    listed = list(permissions.list(name, project_id=project.id, order="ascending", limit=1))
    assert [one.id for one in listed] == [granted[0].id]
    assert permissions.retrieve(name, project_id=project.id).data[0].id == granted[0].id
    assert other.chat.completions.create(model=name, messages=messages).model == name
    assert name in [one.id for one in other.models.list()]
    assert permissions.delete(granted[0].id, fine_tuned_model_checkpoint=name).deleted
    try:
        other.chat.completions.create(model=name, messages=messages)
        raise AssertionError("a model answered whose permission is deleted")
    except NotFoundError as error:
        assert error.code == "model_not_found"

encoded = client.files.content(result_file, extra_query={"encoding": "base64"}).text
assert base64.b64decode(encoded).decode() == client.files.content(result_file).text
print("ok")
