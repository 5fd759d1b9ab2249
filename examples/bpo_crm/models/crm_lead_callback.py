from collections import defaultdict

from odoo import api, models
from odoo.exceptions import ValidationError

from ..wire.payload import PayloadError, peek_event_id, read_outcome
from .mail_thread import as_program

MAX_BATCH = 50
MAX_RECONCILE = 500
RETRY_LOCKED = 5  # seconds


class CrmLead(models.Model):
    _inherit = "crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def update_from_dealer_callback(self, payload):
        """Apply the outcome that a dealer reports for a lead endorsed to it.

        Anybody may call it, but it only changes leads of dealers whose callback user is the calling
        user. No answer reveals whether another lead exists.

        :param dict payload: see ``wire.payload.read_outcome``; ``schema_version`` is 1
        :return: ``{"ok": bool, "status": "applied"|"duplicate"|"stale"|"rejected", "event_id",
            "message", "retryable": bool, "retry_after": seconds}``
        :raises OperationalError: on a conflict with another transaction; Odoo then runs it again
        """
        return self._receive_dealer_callbacks([payload])[0]

    @api.model
    def update_from_dealer_callbacks(self, payloads):
        """Like ``update_from_dealer_callback``, for up to 50 payloads in one call.

        :return: list of answers in the order of ``payloads``; a failure affects no other payload
        """
        self._check_dealer_list(payloads, "payloads", MAX_BATCH)
        return self._receive_dealer_callbacks(payloads)

    @api.model
    def dealer_callback_capabilities(self):
        """What this receiver can do beyond single won and lost outcomes: dict of name to True.

        For a dealer's callback user, ``instance`` is the uuid of this database, which endorsed
        leads have as ``bpo_instance``.
        """
        announced = {"batch": True, "reopened": True, "reconcile": True, "key_expiry": True}
        if self.env["bpo.dealer"]._is_callback_user(self.env.uid):
            announced["instance"] = self._get_bpo_instance()
        return announced

    @api.model
    def dealer_callback_key_expiry(self, key_index):
        """When the calling user's API key ends, so that the dealer can replace it in time.

        :param str key_index: the key's first 8 characters, by which Odoo looks keys up
        :return: ISO 8601 in UTC; None if the key never ends or is not the user's
        """
        if not isinstance(key_index, str) or len(key_index) > 8 or "\x00" in key_index:
            raise ValidationError(self.env._('"key_index" must be the key\'s first 8 characters.'))
        # The column is not a field of the model.
        self.env.cr.execute(
            "SELECT MIN(expiration_date) FROM res_users_apikeys WHERE user_id = %s AND index = %s",
            [self.env.uid, key_index],
        )
        ends = self.env.cr.fetchone()[0]
        return f"{ends.isoformat(timespec='seconds')}Z" if ends else None

    @api.model
    def dealer_callback_reconcile(self, leads):
        """Compare a dealer's state of its leads with ours.

        :param leads: list of up to 500 dicts ``{"bpo_source_lead_id", "sequence", "outcome"}``
        :return: the leads that differ, in the same order and form, with our values; sequence 0 and
            outcome "none" for a lead that was not endorsed to this dealer
        """
        self._check_dealer_list(leads, "leads", MAX_RECONCILE)
        for item in leads:
            if not isinstance(item, dict) or not isinstance(item.get("bpo_source_lead_id"), int):
                raise ValidationError(
                    self.env._('Each of "leads" needs an integer "bpo_source_lead_id".')
                )
        owned = self._dealer_owned_leads(item["bpo_source_lead_id"] for item in leads)
        differing = []
        for item in leads:
            lead = owned.get(item["bpo_source_lead_id"])
            ours = {
                "bpo_source_lead_id": item["bpo_source_lead_id"],
                "sequence": lead.dealer_callback_sequence if lead else 0,
                "outcome": lead.dealer_outcome if lead else "none",
            }
            if any(item.get(key) != ours[key] for key in ("sequence", "outcome")):
                differing.append(ours)
        return differing

    def _check_dealer_list(self, values, name, limit):
        if not isinstance(values, list) or len(values) > limit:
            raise ValidationError(
                self.env._(
                    '"%(name)s" must be a list of at most %(limit)s.', name=name, limit=limit
                )
            )

    def _dealer_owned_leads(self, lead_ids):
        """``{id: lead}``, with sudo, of the leads that were endorsed to the calling user's dealers.

        The leads do not get the context of the call, which is not part of the protocol.
        """
        domain = [
            ("id", "in", [lead_id for lead_id in lead_ids if 0 < lead_id < 2**31]),
            ("dealer_id.user_id", "=", self.env.uid),
            ("dealer_endorsed_at", "!=", False),
        ]
        leads = self.sudo().with_context(active_test=False).search(domain)
        # pylint: disable-next=context-overridden
        leads = leads.with_context({"lang": self.env.user.lang, "dealer_outcomes": True})
        return {lead.id: lead for lead in as_program(leads)}

    def _receive_dealer_callbacks(self, payloads):
        """Apply ``payloads``; return their answers in the same order.

        The inbox is locked only for a dealer's callback user and valid payloads, so that nobody
        else can keep others waiting.
        """
        if not self.env["bpo.dealer"]._is_callback_user(self.env.uid):
            message = "No lead was endorsed to you."
            return [self._reject(peek_event_id(payload), message) for payload in payloads]
        answers, pending = {}, {}
        for position, payload in enumerate(payloads):
            try:
                pending[position] = read_outcome(payload)
            except PayloadError as error:
                answers[position] = self._reject(peek_event_id(payload), str(error))
        if pending:
            self.env["bpo.dealer.callback"]._lock_inbox()
        leads = self._dealer_owned_leads(outcome.bpo_source_lead_id for outcome in pending.values())
        # Do not wait for locks: the dealer is asked to retry an outcome whose lead is locked. If a
        # lead was changed meanwhile, Odoo runs this call again.
        free = set(self.sudo().browse(leads).try_lock_for_update(allow_referencing=True).ids)
        for group in self._group_dealer_outcomes(pending):
            rows = self.env["bpo.dealer.callback"].sudo()._find_events(group.values())
            to_apply = {}
            for position, outcome in group.items():
                row = rows.get((outcome.dealer_instance, outcome.event_id))
                lead = leads.get(outcome.bpo_source_lead_id)
                is_free = outcome.bpo_source_lead_id in free
                if answer := self._check_dealer_outcome(outcome, row, lead, is_free):
                    answers[position] = answer
                else:
                    to_apply[position] = (lead, outcome)
            answers.update(
                zip(to_apply, self._apply_dealer_outcomes(list(to_apply.values())), strict=True)
            )
        return [answers[position] for position in range(len(payloads))]

    def _group_dealer_outcomes(self, pending):
        """The outcomes, grouped by position: a group has no lead and no event twice."""
        groups, latest = defaultdict(dict), defaultdict(int)
        for position, outcome in pending.items():
            keys = outcome.bpo_source_lead_id, (outcome.dealer_instance, outcome.event_id)
            number = max(latest[key] for key in keys) + 1
            latest.update(dict.fromkeys(keys, number))
            groups[number][position] = outcome
        return groups.values()

    def _check_dealer_outcome(self, outcome, row, lead, is_free):
        """The answer to an outcome that must not be applied; None if it may be.

        :param row: the inbox row with the same event, or None
        :param lead: the lead, or None if it was not endorsed to the calling user's dealers
        :param is_free: whether the lead could be locked
        """
        if row:
            same = row.bpo_source_lead_id == outcome.bpo_source_lead_id
            if same and row.dealer_id.user_id == self.env.user:
                as_program(row).duplicate_count += 1
                return self._dealer_answer("duplicate", outcome.event_id, "Received before.")
            message = 'Field "event_id" was used for another outcome.'
        elif not lead:
            message = f"Lead {outcome.bpo_source_lead_id} is not one that was endorsed to you."
        elif lead.dealer_lead_id and outcome.dealer_lead_id not in (0, lead.dealer_lead_id):
            message = (
                f"Lead {lead.id} was endorsed to you as your lead {lead.dealer_lead_id}: field"
                f' "dealer_lead_id" says {outcome.dealer_lead_id}. Was it another BPO\'s lead?'
            )
        elif not is_free:
            return self._reject(outcome.event_id, "The lead is being changed.", RETRY_LOCKED)
        else:
            return None
        return self._reject(outcome.event_id, message)
