"""Whether a connection may be used: held or ready, bound to this database or to its original."""

from odoo import api, models
from odoo.tools import config

from ..bpo.answer import UNREADABLE_LIMIT
from ..bpo.caller import BATCH_SIZE
from ..bpo.instance import get_instance
from ..bpo.schedule import PROBE_EVERY

# A hold of these kinds ends by a person's hand, never by a probe.
FENCE_CODES = ("instance", "neutralized")


class DealerCrmBpoConnection(models.Model):
    _inherit = "dealer.crm.bpo.connection"

    @api.model
    def _get_instance(self):
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return get_instance(self.env.cr.dbname, uuid, config["data_dir"])

    def _check_fence(self):
        """Bind an unbound connection; return why this database may not use it, if it may not."""
        self.ensure_one()
        connection = self.sudo()
        instance = self._get_instance()
        if not connection.bound_to and connection.hold_code not in FENCE_CODES:
            connection._write_past_rule({"bound_to": instance})
        if connection.bound_to == instance:
            return False
        reason = self.env._(
            "This database looks like a copy: it may not talk to the BPO of the original. If it"
            " is to take over, an admin presses Rebind."
        )
        if connection.hold_code not in FENCE_CODES:
            connection._set_held("instance", reason)
        return reason

    def _hold(self, answer):
        """Stop sending over this connection until a probe, or a person, finds it well."""
        self.ensure_one()
        connection = self.sudo()
        reason = self._describe(answer)
        if connection.state == "held" and connection.state_reason == reason:
            connection._postpone_probe()
        else:
            connection._set_held(answer.code, reason)

    def _set_held(self, code, reason):
        self.ensure_one()
        self._write_past_rule({"state": "held", "hold_code": code, "state_reason": reason})
        self._postpone_probe()
        self._ask_for_person(self.env._("The BPO connection needs you"), reason)

    def _postpone_probe(self):
        self.env.cr.execute(
            """
            UPDATE dealer_crm_bpo_connection
               SET next_probe_at = clock_timestamp() AT TIME ZONE 'UTC'
                                   + make_interval(secs => %s)
             WHERE id = ANY(%s)
            """,
            [PROBE_EVERY, self.ids],
        )
        self.invalidate_recordset(["next_probe_at"], flush=False)

    def _release(self, capabilities):
        """The BPO answers again: what waited starts afresh, now."""
        self.ensure_one()
        connection = self.sudo()
        was_held = connection.state == "held"
        connection._write_past_rule(
            {
                "state": "ready",
                "hold_code": False,
                "state_reason": False,
                "next_probe_at": False,
                "unreadable_count": 0,
                "capabilities": capabilities,
                "last_success_at": self.env.cr.now(),
            }
        )
        connection.activity_unlink(["mail.mail_activity_data_warning"])
        if was_held:
            self.env["dealer.crm.callback"].sudo()._start_afresh(connection.company_id)

    def _count_unreadable(self):
        """Count an unreadable answer; whether that makes too many in a row."""
        self.ensure_one()
        self.sudo()._write_past_rule({"unreadable_count": self.unreadable_count + 1})
        return self.unreadable_count >= UNREADABLE_LIMIT

    def _note_success(self):
        """Remember that the BPO answered, without a write for each of many answers."""
        self.ensure_one()
        self.env.cr.execute(
            """
            UPDATE dealer_crm_bpo_connection
               SET last_success_at = clock_timestamp() AT TIME ZONE 'UTC', unreadable_count = 0
             WHERE id = %s
               AND (unreadable_count > 0 OR last_success_at IS NULL
                    OR last_success_at < clock_timestamp() AT TIME ZONE 'UTC'
                                         - make_interval(secs => 30))
            """,
            [self.id],
        )
        if self.env.cr.rowcount:
            self.invalidate_recordset(["last_success_at", "unreadable_count"], flush=False)

    def _can(self, capability):
        self.ensure_one()
        return bool((self.capabilities or {}).get(capability))

    def _get_batch_size(self):
        """Outcomes in one request."""
        return BATCH_SIZE if self._can("batch") else 1

    def _ask_for_person(self, summary, note, activity_type="mail.mail_activity_data_warning"):
        """One activity, however often it is asked for."""
        self.ensure_one()
        if not self.activity_search([activity_type]):
            self.activity_schedule(
                activity_type,
                summary=summary,
                note=note,
                user_id=self.user_id.id,
            )

    def _describe(self, answer):
        """One sentence for people of what an answer of the BPO means."""
        say = self.env._
        sentences = {
            "access_denied": say("The BPO refuses the login or the key: check both."),
            "bad_url": say("The address cannot be used."),
            "cut_off": say("The BPO's answer broke off."),
            "db_error": say("The BPO's database is busy or away."),
            "dns": say("The BPO's host name cannot be found: check the address."),
            "forbidden_address": say("This address may not be called."),
            "internal": say("Sending failed on our side."),
            "locked": say("The BPO is busy with this lead."),
            "method_missing": say("The BPO's Odoo cannot receive outcomes: install a receiver."),
            "missing": say("The BPO does not find the lead."),
            "model_missing": say("The BPO's Odoo has no CRM: check the database."),
            "no_right": say("The login has no right to leads on the BPO: give it one."),
            "no_right_on_record": say("The login has no right to this lead on the BPO."),
            "not_found": say("The BPO has no such page: check the address and the protocol."),
            "not_http": say("What answers at this address is no web server."),
            "not_json": say("The BPO answers with something other than data."),
            "protocol_missing": say("The BPO's Odoo does not speak this protocol."),
            "redirect": say("The BPO sends us elsewhere: enter its final address."),
            "refused": say("The BPO's server refuses the connection."),
            "rejected": say("The BPO rejects the outcome."),
            "reset": say("The BPO broke the connection off."),
            "retry_later": say("The BPO asks us to come again later."),
            "server_error": say("The BPO's Odoo failed."),
            "timeout": say("The BPO does not answer in time."),
            "tls": say("The BPO's certificate cannot be trusted."),
            "too_large": say("The BPO's answer is too large."),
            "unreachable": say("The BPO's server cannot be reached."),
            "user_error": say("The BPO refuses the outcome."),
            "validation": say("The BPO finds the outcome wrong."),
            "worker_lost": say("The worker stopped while sending."),
            "wrong_database": say("The BPO has no database of this name: check it."),
            "wrong_envelope": say("The BPO's answer is not one to our question."),
            "wrong_signature": say("The BPO's receiver cannot be called the way we do."),
        }
        sentence = sentences.get(answer.code) or say("The BPO answers %(code)s.", code=answer.code)
        return f"{sentence} ({answer.detail})" if answer.detail else sentence
