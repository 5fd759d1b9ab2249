"""The results of a benchmark: rows with both sides, and their table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Side:
    """The results of one side, a number per round.

    `cpu` is the CPU seconds of Odoo and its PostgreSQL process, without parallel workers. On a busy
    machine it varies less than the clock.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        if not self.seconds:
            return ""
        low, high = 1000 * min(self.seconds), 1000 * max(self.seconds)
        return f"{1000 * self.median:.1f} ({low:.1f}–{high:.1f})"


@dataclass
class Row:
    """One line of the table. `ratio` is how many times faster the product is, by round."""

    size: int
    title: str
    peer: Side
    product: Side
    goal: float | None = None
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.peer.seconds, self.product.seconds, strict=False)]

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def cpu_ratio(self) -> float | None:
        pairs = zip(self.peer.cpu, self.product.cpu, strict=False)
        ratios = [a / b for a, b in pairs]
        return statistics.median(ratios) if ratios else None

    @property
    def met(self) -> bool | None:
        return None if self.goal is None or self.ratio is None else self.ratio >= self.goal

    def cells(self) -> list[str]:
        ratio = ""
        if self.ratios:
            ratio = f"{self.ratio:.2f} ({min(self.ratios):.2f}–{max(self.ratios):.2f})"
        goal = "" if self.goal is None else f"≥ {self.goal:g} {'yes' if self.met else 'NO'}"
        return [
            f"{self.size:,}",
            self.title,
            str(self.peer),
            str(self.product),
            ratio,
            f"{self.cpu_ratio:.2f}" if self.cpu_ratio else "",
            "/".join(str(max(side.queries)) for side in (self.peer, self.product) if side.queries),
            goal,
            self.note,
        ]


def table(lines: Sequence[Sequence[str]]) -> str:
    """Markdown table of `lines`; the first line is the head."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)
