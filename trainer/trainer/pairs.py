"""Preference rows: one conversation, the answer that people preferred and the one that they did not. No torch here."""

from dataclasses import dataclass
from pathlib import Path

from trainer.batches import batches
from trainer.dataset import (
    ROWS_A_BATCH,
    ChatFormat,
    RenderedRow,
    characters_in,
    encode_rows,
    no_lesson,
    refusing,
    render_chat,
    rendered_lines,
)
from trainer.example import Example
from trainer.messages import BadRow
from trainer.prefix_tree import common_length


@dataclass(frozen=True)
class Pair:
    preferred: Example
    non_preferred: Example
    # ln p of both answers under the model as it was when the job began; absent until that is computed.
    reference: tuple[float, float] | None = None

    @property
    def line(self) -> int:
        return self.preferred.line

    @property
    def token_count(self) -> int:
        """Of the row: its conversation and both answers."""
        shared = common_length(self.preferred.tokens, self.non_preferred.tokens)
        return self.preferred.token_count + self.non_preferred.token_count - shared

    @property
    def truncated_tokens(self) -> int:
        return self.preferred.truncated_tokens + self.non_preferred.truncated_tokens

    @property
    def teaches(self) -> bool:
        """An answer that was cut away cannot be compared with one that was not."""
        return self.preferred.teaches and self.non_preferred.teaches


def answer_of(raw: dict, kind: str) -> list:
    """OpenAI's guide writes `preferred_output`, its schema `preferred_completion`."""
    answer = raw.get(f"{kind}_output", raw.get(f"{kind}_completion"))
    if not isinstance(answer, list) or len(answer) != 1:
        raise BadRow(f'"{kind}_output" must be a list of one assistant message')
    if not isinstance(answer[0], dict) or answer[0].get("role") != "assistant":
        raise BadRow(f'the message of "{kind}_output" must be the assistant\'s')
    return answer


def render_pair(chat: ChatFormat, raw: dict, line: int) -> tuple[RenderedRow, RenderedRow]:
    asked = raw.get("input")
    if not isinstance(asked, dict) or not isinstance(asked.get("messages"), list) or not asked["messages"]:
        raise BadRow('it has no "input" with "messages"')
    place = len(asked["messages"])

    def side(kind: str) -> RenderedRow:
        whole = {**asked, "messages": [*asked["messages"], *answer_of(raw, kind)]}
        return render_chat(chat, whole, line, [place])

    return side("preferred"), side("non_preferred")


def encode_pairs(chat: ChatFormat, rows: list[tuple[RenderedRow, RenderedRow]], context_length: int) -> list[Pair]:
    examples = iter(encode_rows(chat, [side for row in rows for side in row], context_length))
    return [Pair(next(examples), next(examples)) for _ in rows]


def read_pairs(chat: ChatFormat, path: Path, context_length: int, param: str) -> list[Pair]:
    pairs: list[Pair] = []
    with refusing(param) as refusal:
        rows = rendered_lines(chat, path, render_pair)
        for chunk in batches(rows, ROWS_A_BATCH, lambda sides: sum(map(characters_in, sides))):
            pairs += encode_pairs(chat, chunk, context_length)
        if not any(pair.teaches for pair in pairs):
            raise refusal(no_lesson(any(pair.truncated_tokens for pair in pairs), context_length))
    return pairs
