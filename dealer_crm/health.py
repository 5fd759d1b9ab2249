"""The checks of ``/dealer_crm/health`` and ``/dealer_crm/attention``, on a cursor without a
registry.

The cost of the queries does not grow with the outbox. All times are the database's.
"""

from odoo.tools import SQL

from .models.dealer_crm_bpo_connection import WARN_DAYS
from .models.dealer_crm_callback_outbox import NOW, SAME_LEAD

# Report outcomes that are due for longer than this over a ready connection, and a dispatcher that
# has not run for this long.
STUCK_MINUTES = 20
# Stop counting here.
MOST = 10_000
# Of a company's rows that have been due longest, look at this many for one that is not blocked by a
# parked row.
OLDEST = 500


def is_installed(cr):
    """Whether the cursor's database is an Odoo database with Dealer CRM installed."""
    cr.execute("SELECT to_regclass('ir_module_module'), to_regclass('dealer_crm_callback')")
    if None in cr.fetchone():
        return False
    cr.execute(
        "SELECT 1 FROM ir_module_module"
        " WHERE name = 'dealer_crm' AND state IN ('installed', 'to upgrade')"
    )
    return bool(cr.fetchone())


def get_health(cr, runs_crons=True):
    """Whether this host works; if not, restarting or removing it would help.

    A held or missing connection, a BPO that is down, a long queue or a deactivated cron are not
    reported: a restart does not solve these.

    :param runs_crons: whether this host is expected to run crons
    :return: dict with ``ok`` and ``cron_alive``
    """
    active, alive = _get_cron(cr)
    return {"ok": alive or not (active and runs_crons), "cron_alive": active and alive}


def get_attention(cr):
    """Whether a person has to act, and why.

    :return: dict with ``ok``, ``reasons`` (``held``, ``parked``, ``missing``, ``stuck``, ``cron``,
        ``key``), the counts ``due``, ``parked`` and ``held``, each at most ``MOST``, and
        ``oldest_due_seconds`` of the rows that could be sent
    """
    limit = STUCK_MINUTES * 60
    queues = _get_queues(cr)
    parked = _count(cr, SQL("SELECT FROM dealer_crm_callback WHERE state = 'parked'"))
    held = _count(cr, SQL("SELECT FROM dealer_crm_bpo_connection WHERE active AND state = 'held'"))
    overdue = [queue for queue in queues if queue["seconds"] > limit]
    found = {
        "held": held,
        "parked": parked,
        "missing": any(queue["state"] is None for queue in overdue),
        "stuck": any(
            queue["state"] == "ready" and not 0 <= queue["success"] <= limit for queue in overdue
        ),
        "cron": not all(_get_cron(cr)),
        "key": _is_key_ending(cr),
    }
    reasons = [name for name, is_found in found.items() if is_found]
    return {
        "ok": not reasons,
        "reasons": reasons,
        "due": min(sum(queue["due"] for queue in queues), MOST),
        "parked": parked,
        "held": held,
        "oldest_due_seconds": max(
            (queue["seconds"] for queue in queues if queue["state"] == "ready"), default=0
        ),
    }


def _get_cron(cr):
    """Whether the dispatcher's cron is active, and whether it runs when it should.

    During a long run, each commit counts as a sign of life.
    """
    cr.execute(
        SQL(
            """
            SELECT c.active,
                   GREATEST(c.nextcall, c.lastcall, c.create_date, (
                       SELECT p.write_date FROM ir_cron_progress p
                        WHERE p.cron_id = c.id ORDER BY p.id DESC LIMIT 1
                   )) > %s - make_interval(mins => %s)
              FROM ir_cron c
              JOIN ir_model_data d ON d.res_id = c.id AND d.model = 'ir.cron'
             WHERE d.module = 'dealer_crm' AND d.name = 'ir_cron_deliver_callbacks'
            """,
            NOW,
            STUCK_MINUTES,
        )
    )
    return cr.fetchone() or (False, False)


def _count(cr, query):
    """Number of rows of ``query`` (SQL), at most ``MOST``."""
    cr.execute(SQL("%s LIMIT %s", query, MOST))
    return cr.rowcount


def _get_queues(cr):
    """The due rows of each company.

    :return: list of dicts with ``due`` (number of rows, at most ``MOST``), ``seconds`` (since the
        oldest row not blocked by a parked one was due), ``state`` (the connection's; None without
        one) and ``success`` (seconds since the connection's last success; -1 for never)
    """
    due = SQL("c.company_id = company.id AND c.state = 'pending' AND c.next_attempt_at <= %s", NOW)
    cr.execute(
        SQL(
            """
            SELECT n.state,
                   COALESCE(EXTRACT(EPOCH FROM %(now)s - n.last_success_at), -1)::integer AS success,
                   COALESCE(EXTRACT(EPOCH FROM %(now)s - oldest.due), 0)::integer AS seconds,
                   (SELECT COUNT(*) FROM (SELECT FROM dealer_crm_callback c
                                           WHERE %(due)s LIMIT %(most)s) AS bounded) AS due
              FROM res_company company
              LEFT JOIN dealer_crm_bpo_connection n ON n.company_id = company.id AND n.active
              JOIN LATERAL (
                    SELECT MIN(c.next_attempt_at) AS due
                      FROM (SELECT * FROM dealer_crm_callback c WHERE %(due)s
                             ORDER BY c.next_attempt_at, c.id LIMIT %(oldest)s) AS c
                     WHERE NOT EXISTS (
                        SELECT FROM dealer_crm_callback p
                         WHERE %(same_lead)s AND p.id < c.id AND p.state = 'parked')
                   ) AS oldest ON TRUE
            """,
            now=NOW,
            due=due,
            most=MOST,
            oldest=OLDEST,
            same_lead=SAME_LEAD,
        )
    )
    return cr.dictfetchall()


def _is_key_ending(cr):
    """Whether a key ends soon: of an active connection, or the last one of a Dealer Intake user."""
    cr.execute(
        SQL(
            """
            SELECT 1 FROM dealer_crm_bpo_connection WHERE active AND api_key_expires_at < %(soon)s
            UNION ALL
            (SELECT 1
               FROM ir_model_data d
               JOIN res_groups_users_rel g ON g.gid = d.res_id
               JOIN res_users u ON u.id = g.uid AND u.active
               JOIN res_users_apikeys k ON k.user_id = u.id
              WHERE d.module = 'dealer_crm' AND d.name = 'group_dealer_intake'
              GROUP BY u.id
             HAVING bool_and(COALESCE(k.expiration_date < %(soon)s, FALSE)))
             LIMIT 1
            """,
            soon=SQL("%s + make_interval(days => %s)", NOW, WARN_DAYS),
        )
    )
    return bool(cr.fetchone())
