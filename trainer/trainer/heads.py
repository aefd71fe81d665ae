from dataclasses import dataclass


@dataclass(frozen=True)
class Heads:
    queries: int
    keys: int
    size: int

    @property
    def group(self) -> int:
        """Query heads that share a key head."""
        return self.queries // self.keys
