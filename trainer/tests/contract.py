"""The events that contract/fixtures/journal.jsonl shows are all there are, with all their fields."""

import json
import re
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "contract" / "fixtures"


def fields_by_type() -> dict[str, set[str]]:
    """What the contract's example of each event carries."""
    lines = (FIXTURES / "journal.jsonl").read_text().splitlines()
    fields: dict[str, set[str]] = {}
    for event in map(json.loads, lines):
        fields.setdefault(event["type"], set()).update(event)
    return fields


def assert_follows_contract(events: list[dict]) -> None:
    known = fields_by_type()
    for event in events:
        optional = {name for name in known[event["type"]] if re.match(r"(full_)?valid_|.*_reward$", name)}
        assert known[event["type"]] - optional <= set(event) <= known[event["type"]], event
