from odoo import api, fields, models
from odoo.tools import SQL

from ..turns import Member, deal

#: key of the advisory lock under which turns are taken
LOCK = 1_910_251_126
GC_LIMIT = 10_000


class DealerCrmLeadTurn(models.Model):
    """Who got a lead in turn: the greater the id, the later the turn."""

    _name = "dealer.crm.lead.turn"
    _description = "Turn of a Salesperson"
    _inherit = ["dealer.crm.guarded.mixin"]
    _order = "id desc"
    _rec_name = "user_id"
    _program_only = True

    team_id = fields.Many2one("crm.team", "Sales Team", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "Salesperson", required=True, ondelete="cascade")
    lead_id = fields.Many2one("dealer.crm.lead", ondelete="set null", index="btree_not_null")

    _last_idx = models.Index("(team_id, user_id, id)")

    @api.model
    def _take(self, team, capacities, count):
        """Choose who gets the next ``count`` leads of ``team``.

        Transactions see the database as it was when they began. Hence one waits for the other
        here, and then looks with a second cursor at what the other has committed. The lock ends
        with the transaction: take turns as late as possible. It is one for all teams, as a person
        can be in several.

        :param dict capacities: most open leads by user id; 0: no limit
        :return: list of user ids; shorter than ``count`` when nobody has capacity
        """
        self.env.flush_all()
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        query = self._get_state_query(team, capacities)
        with self.env.registry.cursor() as cr:
            cr.execute(query)
            committed = cr.fetchall()
        states = {}
        for user_id, last_turn, lead_ids in (*committed, *self.env.execute_query(query)):
            known = states.setdefault(user_id, [0, set()])
            known[0] = max(known[0], last_turn)
            known[1].update(lead_ids)
        return deal(
            count,
            [
                Member(user_id, last_turn, capacity - len(lead_ids) if capacity else None)
                for user_id, capacity in capacities.items()
                for last_turn, lead_ids in [states[user_id]]
            ],
        )

    @api.model
    def _get_state_query(self, team, capacities):
        """SQL of (user id, last turn, ids of the open leads of who has a limit)."""
        return SQL(
            """
            SELECT m.user_id,
                   COALESCE((SELECT MAX(t.id) FROM dealer_crm_lead_turn t
                              WHERE t.team_id = %(team)s AND t.user_id = m.user_id), 0),
                   ARRAY(SELECT l.id FROM dealer_crm_lead l
                          WHERE l.user_id = m.user_id AND l.active IS TRUE
                            AND l.stage_id = ANY(%(stages)s) AND m.capacity > 0)
              FROM unnest(%(users)s, %(capacities)s) AS m(user_id, capacity)
            """,
            team=team.id,
            stages=list(self.env["dealer.crm.stage"]._get_open_ids()),
            users=list(capacities),
            capacities=list(capacities.values()),
        )

    @api.autovacuum
    def _gc_turns(self):
        """Only the last turn of each member counts."""
        self.env.cr.execute(
            """
            DELETE FROM dealer_crm_lead_turn WHERE id IN (
                SELECT t.id FROM dealer_crm_lead_turn t
                 WHERE EXISTS (SELECT FROM dealer_crm_lead_turn later
                                WHERE later.team_id = t.team_id AND later.user_id = t.user_id
                                  AND later.id > t.id)
                 ORDER BY t.id LIMIT %s)
            """,
            [GC_LIMIT],
        )
        return self.env.cr.rowcount, self.env.cr.rowcount == GC_LIMIT
