"""Numbers in calls and tools as llama.cpp's chat templates write them: any but an integer of 64 bits with six digits.

Python's own JSON has no such numbers, so they go through a template as marked text, and the marks are taken off after.
"""

import re
from decimal import Decimal

# Half of a surrogate pair: no row's text may hold one.
MARK = "\ud800"
MARKED = re.compile(f'"?{MARK}([-+.a-z0-9]+){MARK}"?')
# A double holds hardly more. Python reads no integers of over 4,300 digits, and makes no double of those of 310.
MOST_DIGITS = 308


def as_sent(digits: str) -> float | int:
    """A chat request's 1.0 reaches the engine as 1, and its integers as doubles, as JavaScript writes them."""
    number = float(digits)
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < 1e21 else number


def integer(digits: str) -> float | int:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def written(number: float | int) -> float | int | str:
    if isinstance(number, int) and -(2**63) <= number < 2**64:
        # The largest ones become negative in the engine.
        return number if number < 2**63 else number - 2**64
    text = f"{float(number):g}"
    return number if repr(number) == text else f"{MARK}{text}{MARK}"


def as_engine_writes(value: object) -> object:
    """The value with its numbers marked where the engine writes them otherwise than Python."""
    if isinstance(value, dict):
        return {key: as_engine_writes(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_engine_writes(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return written(value)
    return value


def unmarked(text: str) -> str:
    return MARKED.sub(r"\1", text) if MARK in text else text
