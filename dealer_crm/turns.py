"""Who is next: plain Python, without Odoo."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple


class Member(NamedTuple):
    """A person who takes turns."""

    user_id: int
    #: number of the last turn; a later turn has a greater number, 0: none yet
    last_turn: int
    #: how many more leads the person may get; None: no limit
    room: int | None = None


def deal(count: int, members: Iterable[Member]) -> list[int]:
    """Return the user ids of the next `count` turns; fewer when nobody has room.

    Each turn goes to the one of those with room whose last turn is longest ago.
    """
    waiting = deque(
        sorted(
            (member for member in members if member.room is None or member.room > 0),
            key=lambda member: (member.last_turn, member.user_id),
        )
    )
    turns: list[int] = []
    while waiting and len(turns) < count:
        member = waiting.popleft()
        turns.append(member.user_id)
        if member.room is None:
            waiting.append(member)
        elif member.room > 1:
            waiting.append(member._replace(room=member.room - 1))
    return turns
