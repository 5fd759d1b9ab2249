"""Two addresses for operators: does this host work, and must a person act.

Answers come from a cursor, not from a registry, so that the server need not load the database. They
are cached for some seconds, because anybody may ask.
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
# A server that has just started may not have run its crons yet.
GRACE_SECONDS = 120.0
STARTED = time.monotonic()
# A monitor on the same machine uses these as the host name; no database filter can match them.
ADDRESSES = ("localhost", "127.0.0.1", "[::1]")

# The keys of an answer that anybody may read.
PUBLIC = ("ok", "cron_alive")

# Database name to (time, answers).
_cache = {}


class HealthController(Controller):
    @route("/dealer_crm/health", type="http", auth="none", methods=["GET"], save_session=False)
    def health(self, db=None):
        """Whether this host works: for load balancers and supervisors.

        :return: JSON with ``ok`` and ``cron_alive``; with the operator's token also the reasons and
            counts of ``attention``. Status 503 if this host should be restarted or removed.
        """
        return self._answer("health", db)

    @route("/dealer_crm/attention", type="http", auth="none", methods=["GET"], save_session=False)
    def attention(self, db=None):
        """Whether a person has to act: for monitoring, never for a load balancer.

        :return: JSON with ``ok``; with the operator's token also reasons and counts. Status 503 if
            a person has to act.
        """
        return self._answer("attention", db)

    def _answer(self, question, name):
        database = self._get_database(name)
        if not database:
            return self._respond_error(
                404,
                "Which database? Name one that is served here and has Dealer CRM:"
                f" /dealer_crm/{question}?db=NAME",
            )
        try:
            answers = self._get_answers(database)
        except (psycopg2.OperationalError, PoolError):
            return self._respond_error(503, "This host does not reach the database.")
        if not answers:
            return self._respond_error(404, "Dealer CRM is not installed in this database.")
        answer = answers[question]
        if self._is_trusted():
            content = {**answers["attention"], **answer}
        else:
            content = {name: answer[name] for name in PUBLIC if name in answer}
        return self._respond(200 if answer["ok"] else 503, content)

    @staticmethod
    def _get_database(name):
        """The database asked for, if this server serves it under this host name."""
        if not name or name == request.db:
            return request.db
        host = request.httprequest.environ.get("HTTP_HOST", "")
        if host.rpartition(":")[0] in ADDRESSES or host in ADDRESSES:
            # Filter as if the host name were that of the database.
            host = name
        return name if name in db_list(force=True, host=host) else None

    @staticmethod
    def _get_answers(database):
        """Both answers, at most ``KEEP_SECONDS`` old; None if Dealer CRM is not installed."""
        now = time.monotonic()
        when, answers = _cache.get(database, (None, None))
        if when is None or now - when > KEEP_SECONDS:
            if database == request.db:
                answers = _read_answers(request.env.cr)
            else:
                with db_connect(database).cursor() as cr:
                    answers = _read_answers(cr)
            _cache[database] = (now, answers)
        return answers

    @staticmethod
    def _is_trusted():
        token = os.environ.get("DEALER_CRM_HEALTH_TOKEN") or config.get("dealer_crm_health_token")
        kind, _blank, given = request.httprequest.headers.get("Authorization", "").partition(" ")
        return bool(
            token
            and kind.lower() == "bearer"
            and hmac.compare_digest(given.strip().encode(), str(token).encode())
        )

    def _respond_error(self, status, message):
        return self._respond(status, {"ok": False, "message": message})

    @staticmethod
    def _respond(status, content):
        headers = [("Cache-Control", "no-store")]
        return request.make_json_response(content, headers=headers, status=status)


def _read_answers(cr):
    if not health.is_installed(cr):
        return None
    runs_crons = bool(config["max_cron_threads"]) and time.monotonic() - STARTED > GRACE_SECONDS
    return {
        "health": health.get_health(cr, runs_crons),
        "attention": health.get_attention(cr),
    }
