"""A row as tokens, with the answers marked that carry a loss. No torch here."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Aside:
    """An answer that the template writes otherwise once more follows: it stands at the end of a text of its own.

    The text begins with `shared` of the row's own tokens and goes on with `rest`; the answer starts at `start` and
    ends with the text. `message` is its place in the conversation.
    """

    message: int
    shared: int
    rest: list[int]
    start: int


@dataclass(frozen=True)
class Example:
    line: int
    messages: list[dict]
    tools: list[dict] | None
    tokens: list[int]
    # Token ranges [start, end) that carry a loss, and for each the place of its message.
    answers: tuple[tuple[int, int], ...]
    answer_messages: tuple[int, ...]
    # Tokens at the end that the context has no room for.
    truncated_tokens: int
    asides: tuple[Aside, ...] = ()

    @property
    def token_count(self) -> int:
        return len(self.tokens)

    @property
    def texts(self) -> "list[Example]":
        """What is computed of the row: its own text, then those of its asides."""
        return [self, *(self.text_of(aside) for aside in self.asides)]

    def text_of(self, aside: Aside) -> "Example":
        tokens = self.tokens[: aside.shared] + aside.rest
        return replace(
            self,
            messages=self.messages[: aside.message + 1],
            tokens=tokens,
            answers=((aside.start, len(tokens)),),
            answer_messages=(aside.message,),
            truncated_tokens=0,
            asides=(),
        )

    @property
    def teaches(self) -> bool:
        return bool(self.asides) or any(end > 1 for _, end in self.answers)
