"""Whose turn it is, against a slow count."""

from odoo.tests import BaseCase, tagged

from ..turns import Member, deal, spread
from .properties import given, st

REMAINING = st.lists(st.none() | st.integers(-1, 6), max_size=6)


@tagged("post_install", "-at_install")
class TestTurns(BaseCase):
    @given(REMAINING, st.integers(0, 30))
    def test_each_has_its_share(self, limits_left, count):
        """After each turn, everybody who may get more has as many as the others, or one less."""
        turns = deal(
            count, [Member(user, 0, remaining) for user, remaining in enumerate(limits_left)]
        )
        limits = [count if remaining is None else max(remaining, 0) for remaining in limits_left]
        self.assertEqual(len(turns), min(count, sum(limits)))
        for moment in range(len(turns) + 1):
            counts = [turns[:moment].count(user) for user in range(len(limits_left))]
            for have, limit in zip(counts, limits, strict=True):
                self.assertLessEqual(have, limit)
                self.assertGreaterEqual(have, min(limit, max(counts) - 1))

    @given(st.permutations(range(1, 6)))
    def test_longest_ago_is_next(self, last_turns):
        turns = deal(7, [Member(user, last) for user, last in enumerate(last_turns)])
        order = sorted(range(5), key=lambda user: last_turns[user])
        self.assertEqual(turns, [*order, *order[:2]])

    def test_in_parts(self):
        """Dealt one by one, the turns are those of one batch."""
        members = {
            user: Member(user, 0, remaining) for user, remaining in enumerate((2, None, 0, 1, 3))
        }
        together = deal(9, members.values())
        single = []
        for turn in range(1, 10):
            [user] = deal(1, members.values())
            member = members[user]
            remaining = None if member.remaining is None else member.remaining - 1
            members[user] = Member(user, turn, remaining)
            single.append(user)
        self.assertEqual(single, together)

    @given(REMAINING, st.lists(st.none() | st.integers(0, 7), max_size=25))
    def test_spread_is_equal_and_moves_least(self, limits_left, owners):
        """Shares differ by one, limits apart; nobody passes a lead on and gets another one."""
        limits = {
            user: None if remaining is None else max(remaining, 0)
            for user, remaining in enumerate(limits_left)
        }
        chosen = spread(list(enumerate(owners)), limits)
        shares = {user: list(chosen.values()).count(user) for user in limits}
        most = {user: len(owners) if limit is None else limit for user, limit in limits.items()}
        self.assertEqual(len(chosen), min(len(owners), sum(most.values())))
        for user, share in shares.items():
            self.assertLessEqual(share, most[user])
            self.assertGreaterEqual(share, min(most[user], max(shares.values()) - 1))
            own = [lead for lead, owner in enumerate(owners) if owner == user]
            kept = [lead for lead in own if chosen.get(lead) == user]
            self.assertEqual(len(kept), min(len(own), share))
