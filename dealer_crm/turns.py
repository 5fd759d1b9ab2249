"""Who is next: plain Python, without Odoo."""

import heapq
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple


class Member(NamedTuple):
    """A person who takes turns."""

    user_id: int
    #: number of the last turn; a later turn has a greater number, 0: none yet
    last_turn: int
    #: how many more leads the person may get; None: no limit
    remaining: int | None = None


def deal(count: int, members: Iterable[Member]) -> list[int]:
    """Return the user ids of the next `count` turns; fewer when nobody may get more.

    Each turn goes to the one whose last turn is longest ago, of those who may get more.
    """
    waiting = deque(
        sorted(
            (member for member in members if member.remaining is None or member.remaining > 0),
            key=lambda member: (member.last_turn, member.user_id),
        )
    )
    turns: list[int] = []
    while waiting and len(turns) < count:
        member = waiting.popleft()
        turns.append(member.user_id)
        if member.remaining is None:
            waiting.append(member)
        elif member.remaining > 1:
            waiting.append(member._replace(remaining=member.remaining - 1))
    return turns


def spread(
    leads: Iterable[tuple[int, int | None]], limits: dict[int, int | None]
) -> dict[int, int]:
    """Share leads equally among people.

    :param leads: tuples of the lead's id and the user id of who has it now
    :param limits: the most leads by user id; None: no limit
    :return: user id by lead id; leads that nobody may get are left out. Who has a lead keeps
        it within the equal share
    """
    leads = list(leads)
    shares = dict.fromkeys(limits, 0)
    heap = [(0, order, user) for order, user in enumerate(limits) if limits[user] != 0]
    for _lead in leads:
        if not heap:
            break
        share, order, user = heapq.heappop(heap)
        shares[user] = share + 1
        limit = limits[user]
        if limit is None or share + 1 < limit:
            heapq.heappush(heap, (share + 1, order, user))
    chosen = {}
    for lead, user in leads:
        if user is not None and shares.get(user):
            chosen[lead] = user
            shares[user] -= 1
    places = (user for user, share in shares.items() for _place in range(share))
    for lead, _user in leads:
        if lead not in chosen and (user := next(places, None)) is not None:
            chosen[lead] = user
    return chosen
