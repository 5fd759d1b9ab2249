"""Two addresses for operators: is this host well, and must somebody look.

Answers come from a cursor, not from a registry: asked of many databases, a server loads none of
them. They are kept for some seconds, since anybody may ask.
"""

import hmac
import os
import time

import psycopg2
from psycopg2.pool import PoolError

from odoo.http import Controller, db_list, request, route
from odoo.sql_db import db_connect
from odoo.tools import config

from .. import health

KEEP_SECONDS = 5.0
# A server that has just started may not have come to its crons yet.
GRACE_SECONDS = 120.0
STARTED = time.monotonic()
# Hosts that no database filter can know: a monitor beside the server asks there.
ADDRESSES = ("localhost", "127.0.0.1", "[::1]")

# What is told to anybody.
PUBLIC = ("ok", "cron_alive")

_kept = {}


class HealthController(Controller):
    @route("/dealer_crm/health", type="http", auth="none", methods=["GET"], save_session=False)
    def health(self, db=None):
        """Whether to restart or remove this host: for load balancers and supervisors.

        :return: JSON of ``ok`` and ``cron_alive``, and of counts for who has the token; status 503
            when this host is to blame
        """
        return self._answer("health", db)

    @route("/dealer_crm/attention", type="http", auth="none", methods=["GET"], save_session=False)
    def attention(self, db=None):
        """Whether somebody has to look: for monitoring, never for a load balancer.

        :return: JSON of ``ok``, and of reasons and counts for who has the token; status 503 when
            somebody has to look
        """
        return self._answer("attention", db)

    def _answer(self, question, name):
        database = self._get_database(name)
        if not database:
            return self._refuse(
                404,
                "Which database? Name one that is served here and has Dealer CRM:"
                f" /dealer_crm/{question}?db=NAME",
            )
        try:
            found = self._look(database)
        except (psycopg2.OperationalError, PoolError):
            return self._refuse(503, "This host does not reach the database.")
        if not found:
            return self._refuse(404, "Dealer CRM is not installed in this database.")
        answer = found[question]
        told = {**found["attention"], **answer}
        if not self._is_trusted():
            told = {name: answer[name] for name in PUBLIC if name in answer}
        return self._say(200 if answer["ok"] else 503, told)

    @staticmethod
    def _get_database(name):
        """The database asked for, if this server serves it under this host name."""
        if not name:
            return request.db
        if name == request.db:
            return name
        host = request.httprequest.environ.get("HTTP_HOST", "")
        if host.rpartition(":")[0] in ADDRESSES or host in ADDRESSES:
            # As if it were asked under a host named after the database.
            host = name
        return name if name in db_list(force=True, host=host) else None

    @staticmethod
    def _look(database):
        """Both answers, not older than ``KEEP_SECONDS``; None without Dealer CRM."""
        now = time.monotonic()
        when, found = _kept.get(database, (None, None))
        if when is None or now - when > KEEP_SECONDS:
            if database == request.db:
                found = _ask(request.env.cr)
            else:
                with db_connect(database).cursor() as cr:
                    found = _ask(cr)
            _kept[database] = (now, found)
        return found

    @staticmethod
    def _is_trusted():
        token = os.environ.get("DEALER_CRM_HEALTH_TOKEN") or config.get("dealer_crm_health_token")
        kind, _blank, given = request.httprequest.headers.get("Authorization", "").partition(" ")
        return bool(
            token
            and kind.lower() == "bearer"
            and hmac.compare_digest(given.strip().encode(), str(token).encode())
        )

    def _refuse(self, status, message):
        return self._say(status, {"ok": False, "message": message})

    @staticmethod
    def _say(status, answer):
        return request.make_json_response(
            answer, headers=[("Cache-Control", "no-store")], status=status
        )


def _ask(cr):
    if not health.is_installed(cr):
        return None
    runs_crons = bool(config["max_cron_threads"]) and time.monotonic() - STARTED > GRACE_SECONDS
    return {
        "health": health.get_health(cr, runs_crons),
        "attention": health.get_attention(cr),
    }
