"""The state of a connection: ready or held, and bound to this database or to another one."""

import os
from datetime import timedelta

from odoo import models
from odoo.tools import config
from odoo.tools.translate import LazyTranslate

from ..bpo.answer import UNREADABLE_LIMIT, Verdict
from ..bpo.client import BATCH_SIZE
from ..bpo.instance import get_instance
from ..bpo.retry import PROBE_EVERY
from ..text import text_to_html
from .dealer_crm_bpo_connection import MANUAL_CODE

_lt = LazyTranslate(__name__)

# Holds with these codes end by a person only; such a connection is not probed.
INSTANCE_CODES = ("instance", "neutralized")
# What an answer means, by its code. pylint: disable=prefer-env-translation
SENTENCES = {
    "barred": _lt(
        "A proxy or firewall in front of the BPO's Odoo blocks our requests: ask the BPO to let "
        "this server call its Odoo. The key is not the cause."
    ),
    "bad_url": _lt("The address cannot be used."),
    "cut_off": _lt("The BPO's answer broke off."),
    "db_error": _lt("The BPO's database is busy or unavailable."),
    "dns": _lt("The BPO's host name cannot be found: check the address."),
    "forbidden_address": _lt(
        "This address is not listed in dealer_crm_bpo_hosts in the server's configuration: ask "
        "the operator to add it."
    ),
    "internal": _lt("Sending failed on the dealer side."),
    "locked": _lt("The BPO is busy with this lead."),
    "method_missing": _lt("The BPO's Odoo cannot receive outcomes: install a receiver."),
    "missing": _lt("The BPO does not find the lead."),
    "model_missing": _lt("The BPO's Odoo has no CRM: check the database."),
    "no_right": _lt("The login has no access to leads at the BPO: ask the BPO to give it access."),
    "no_right_on_record": _lt("The login has no access to this lead at the BPO."),
    "not_encrypted": _lt(
        "This address is not encrypted: use https://, or ask the operator to list it with http://"
        " in dealer_crm_bpo_hosts in the server's configuration."
    ),
    "not_found": _lt(
        "The BPO's server does not find the page: check the address and the protocol."
    ),
    "not_http": _lt("The server at this address is not a web server."),
    "not_json": _lt("The BPO's answer is not JSON."),
    "protocol_missing": _lt("The BPO's Odoo does not support this protocol."),
    "redirect": _lt("The BPO redirects to another address: enter the final one."),
    "refused": _lt("The BPO's server refuses the connection."),
    "rejected": _lt("The BPO rejects the outcome."),
    "reset": _lt("The BPO closed the connection."),
    "retry_later": _lt("The BPO asks us to retry later."),
    "server_error": _lt("The BPO's Odoo failed."),
    "timeout": _lt("The BPO does not answer in time."),
    "tls": _lt("The BPO's certificate cannot be trusted."),
    "too_large": _lt("The BPO's answer is too large."),
    "unreachable": _lt("The BPO's server cannot be reached."),
    "user_error": _lt("The BPO answers with an error message."),
    "validation": _lt("The BPO finds the outcome invalid."),
    "worker_lost": _lt("The worker stopped while sending."),
    "wrong_database": _lt("The BPO has no database of this name: check it."),
    "wrong_envelope": _lt("The BPO's answer does not belong to our request."),
    "wrong_signature": _lt("The BPO's receiver expects other parameters."),
}


class DealerCrmBpoConnection(models.Model):
    _inherit = "dealer.crm.bpo.connection"  # pylint: disable=consider-merging-classes-inherited

    def _get_instance(self):
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return get_instance(self.env.cr.dbname, uuid, config["data_dir"])

    def _check_instance(self):
        """Hold the connection unless it is bound to this database; return the reason, else False.

        A connection is bound to the database in which it was entered. A copy of that database has
        another fingerprint.
        """
        self.ensure_one()
        connection = self.sudo()._for_responsible()
        if connection.bound_to == self._get_instance():
            return False
        reason = connection.env._(
            "This database looks like a copy, so it sends nothing to the BPO of the original. If"
            " this database replaces the original, press Rebind."
        )
        if connection.hold_code not in INSTANCE_CODES:
            connection._set_held("instance", reason)
        return reason

    def _hold(self, answer):
        """Stop sending over this connection until a probe or a person finds that it works."""
        self.ensure_one()
        connection = self.sudo()._for_responsible()
        if connection.hold_code == MANUAL_CODE:
            return
        reason = connection._describe(answer)
        was_held = connection.state == "held"
        if not was_held and answer.verdict is Verdict.UNREADABLE:
            # A probe sends no outcome, so it would succeed again. Repeated for the same reason,
            # only a person can end the hold.
            connection._write_unchecked(
                {
                    "needs_person": connection.unreadable_code == answer.code,
                    "unreadable_code": answer.code,
                }
            )
        if connection.needs_person:
            reason = connection.env._(
                "%(reason)s This is the second time, and nothing was delivered in between: correct"
                " the cause, then press Test Connection.",
                reason=reason,
            )
        if was_held and connection.state_reason == reason:
            connection._postpone_probe()
        else:
            connection._set_held(answer.code, reason)

    def _set_held(self, code, reason):
        self.ensure_one()
        self._write_unchecked({"state": "held", "hold_code": code, "state_reason": reason})
        self._postpone_probe()
        self._schedule_warning(self.env._("The BPO connection needs you"), reason)

    def _hold_by_hand(self, reason):
        """Hold the connection for a person; it is not probed, and only a person ends the hold."""
        connection = self.sudo()._for_responsible()
        connection._write_unchecked(
            {
                "state": "held",
                "hold_code": MANUAL_CODE,
                "state_reason": connection.env._(
                    "Held by %(user)s: %(reason)s", user=self.env.user.name, reason=reason
                ),
                "needs_person": True,
                "next_probe_at": False,
            }
        )
        self.env["dealer.crm.callback"].sudo()._note_delays(self.company_id)

    def _set_held_by_sql(self, code):
        """Hold this connection without the ORM, after ``_set_held`` has failed."""
        self.env.cr.execute(
            """
            UPDATE dealer_crm_bpo_connection
               SET state = 'held', hold_code = %s, next_probe_at = %s WHERE id = %s
            """,
            [code, self._get_next_probe(), self.id],
        )
        self.invalidate_recordset(["state", "hold_code", "next_probe_at"], flush=False)

    def _postpone_probe(self):
        self._write_unchecked({"next_probe_at": self._get_next_probe()})

    def _get_next_probe(self):
        """When to probe this held connection next; None if only a person ends the hold."""
        self.ensure_one()
        return None if self.needs_person else self.env.cr.now() + timedelta(seconds=PROBE_EVERY)

    def _release(self, capabilities):
        """Make the connection ready; the rows that waited for it are due now.

        The hold of a person stays.
        """
        self.ensure_one()
        connection = self.sudo()._for_responsible()
        if connection.hold_code == MANUAL_CODE:
            connection._write_unchecked({"capabilities": capabilities, "was_asked": True})
            return
        was_held = connection.state == "held"
        connection._write_unchecked(
            {
                "state": "ready",
                "hold_code": False,
                "state_reason": False,
                "next_probe_at": False,
                "needs_person": False,
                "unreadable_count": 0,
                "capabilities": capabilities,
                "was_asked": True,
                "last_success_at": self.env.cr.now(),
            }
        )
        connection.activity_unlink(["mail.mail_activity_data_warning"])
        if was_held:
            self.env["dealer.crm.callback"].sudo()._restart_waiting(connection.company_id)

    def _count_unreadable(self):
        """Count an unreadable answer; return whether the limit in a row is reached."""
        self.ensure_one()
        self.sudo()._write_unchecked({"unreadable_count": self.unreadable_count + 1})
        return self.unreadable_count >= UNREADABLE_LIMIT

    def _record_success(self):
        """Store that the BPO answered, at most every 30 seconds."""
        self.ensure_one()
        now, last = self.env.cr.now(), self.last_success_at
        is_recent = last and now - last < timedelta(seconds=30)
        if self.unreadable_count or self.unreadable_code or not is_recent:
            self.sudo()._write_unchecked(
                {"last_success_at": now, "unreadable_count": 0, "unreadable_code": False}
            )

    def _can(self, capability):
        """Whether the receiver announced ``capability``."""
        return self._get_capabilities().get(capability) is True

    def _get_bpo_instance(self):
        """The uuid of the BPO's database; None if its receiver does not tell it."""
        return self._get_capabilities().get("instance") or None

    def _get_capabilities(self):
        """What the receiver announced; the field may hold any JSON that an admin put there."""
        self.ensure_one()
        return self.capabilities if isinstance(self.capabilities, dict) else {}

    def _for_responsible(self):
        """The connection in the language of its responsible user, else of its company."""
        lang = self.sudo().user_id.lang or self.sudo().company_id.partner_id.lang
        return self.with_context(lang=lang or None)

    def _get_batch_size(self):
        """The most outcomes in one request."""
        return BATCH_SIZE if self._can("batch") else 1

    def _schedule_warning(self, summary, note, activity_type="mail.mail_activity_data_warning"):
        """Schedule an activity for the responsible user, unless one of this type is open.

        :param note: plain text; it may quote the BPO
        """
        self.ensure_one()
        if not self.activity_search([activity_type]):
            self.activity_schedule(
                activity_type,
                summary=summary,
                note=text_to_html(note),
                user_id=self.user_id.id,
            )

    def _describe(self, answer):
        """A sentence for people about what an answer of the BPO means."""
        if answer.code == "access_denied":
            sentence = self._describe_denial()
        elif answer.code == "no_key":
            sentence = self._describe_missing_key()
        elif answer.code in SENTENCES:
            sentence = self.env._(SENTENCES[answer.code])
        else:
            sentence = self.env._("The BPO answers %(code)s.", code=answer.code)
        return f"{sentence} ({answer.detail})" if answer.detail else sentence

    def _describe_denial(self):
        ended = self and self.sudo().api_key_expires_at
        if ended and ended <= self.env.cr.now():
            return self.env._(
                "The API key ended on %(date)s (UTC): ask the BPO for a new one and enter it.",
                date=ended.strftime("%Y-%m-%d %H:%M"),
            )
        return self.env._(
            "The BPO refuses the login or the key: check both, and whether the key has ended. Keys"
            " in Odoo last one day unless another duration is chosen."
        )

    def _describe_missing_key(self):
        if os.environ.get("DEALER_CRM_BPO_API_KEY"):
            return self.env._(
                "There is no API key: the one in the environment is used only if the operator lists"
                " the address in dealer_crm_bpo_hosts."
            )
        return self.env._("There is no API key: enter it.")
