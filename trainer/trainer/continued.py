"""Tokens of a text that goes on after another one. No torch here.

Some tokenizers, such as Llama 2's, open what they are given with a space of their own. Encoded alone an answer would
begin with one that nobody wrote, and the model would learn to write it.
"""

from collections.abc import Callable, Sequence

EncodeBatch = Callable[[list[str]], list[list[int]]]

# Nobody's letter: a token of its own, or some, whatever follows it.
MARK = "\x02"


def opens_with_a_space(encode: EncodeBatch) -> bool:
    mark, alone, behind = encode([MARK, "a", f"{MARK}a"])
    return behind != mark + alone and behind[: len(mark)] == mark


def text_before(pieces: Sequence[str], index: int, special_tokens: tuple[str, ...]) -> str:
    """What tells how a piece begins: its place in the text, or the special token that ends the piece before it.

    An answer begins as it is written, whatever stands before it.
    """
    if index == 0:
        return ""
    before = pieces[index - 1]
    ends = [token for token in special_tokens if before.endswith(token)] if index % 2 == 0 else []
    return max(ends, key=len, default=MARK)


def encode_pieces(
    encode: EncodeBatch, rows: Sequence[Sequence[str]], special_tokens: tuple[str, ...]
) -> list[list[int]]:
    """Tokens of every piece of every row, in order; every second piece of a row, from index 1, is an answer."""
    texts = [piece for pieces in rows for piece in pieces]
    if not texts or not opens_with_a_space(encode):
        return encode(texts) if texts else []
    before = [text_before(pieces, index, special_tokens) for pieces in rows for index in range(len(pieces))]
    opened = dict(zip(set(before), encode([*set(before)]), strict=True))
    whole = encode([lead + text for lead, text in zip(before, texts, strict=True)])
    return [tokens[len(opened[lead]) :] for lead, tokens in zip(before, whole, strict=True)]
