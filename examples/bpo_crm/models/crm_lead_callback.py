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

        Anybody may call it: only leads of dealers whose callback user is the calling user are
        touched, and no answer tells whether another lead exists.

        :param dict payload: see ``wire.payload.Outcome``; ``schema_version`` is 1
        :return: ``{"ok": bool, "status": "applied"|"duplicate"|"stale"|"rejected", "event_id",
            "message", "retryable": bool, "retry_after": seconds}``
        :raises OperationalError: when another transaction is faster; Odoo calls again by itself
        """
        return self._receive_dealer_callbacks([payload])[0]

    @api.model
    def update_from_dealer_callbacks(self, payloads):
        """``update_from_dealer_callback`` for up to 50 at once: each has its own answer, in the
        order of ``payloads``, and one that fails leaves the others alone.
        """
        self._check_dealer_list(payloads, "payloads", MAX_BATCH)
        return self._receive_dealer_callbacks(payloads)

    @api.model
    def dealer_callback_capabilities(self):
        """What this receiver understands beyond single won and lost outcomes; to a known dealer also
        which database it is, as its leads say when they are endorsed (``bpo_instance``).
        """
        announced = {"batch": True, "reopened": True, "reconcile": True, "key_expiry": True}
        if self.env["bpo.dealer"]._is_callback_user(self.env.uid):
            announced["instance"] = self._get_bpo_instance()
        return announced

    @api.model
    def dealer_callback_key_expiry(self, key_index):
        """When the calling user's API key ends, so that a new one is there in time.

        :param str key_index: the key's first 8 characters, by which Odoo looks keys up
        :return: ISO 8601 in UTC; None for a key without an end, and for what is none of the caller's
        """
        if not isinstance(key_index, str) or len(key_index) > 8 or "\x00" in key_index:
            raise ValidationError(self.env._('"key_index" must be the key\'s first 8 characters.'))
        # The field is none of the model's.
        self.env.cr.execute(
            "SELECT MIN(expiration_date) FROM res_users_apikeys WHERE user_id = %s AND index = %s",
            [self.env.uid, key_index],
        )
        ends = self.env.cr.fetchone()[0]
        return f"{ends.isoformat(timespec='seconds')}Z" if ends else None

    @api.model
    def dealer_callback_reconcile(self, leads):
        """Compare a dealer's view of its leads with ours.

        :param leads: up to 500 of ``{"bpo_source_lead_id", "sequence", "outcome"}``
        :return: those we see otherwise, as we see them and in the same order; a lead that is
            not one of the caller's has sequence 0 and outcome "none"
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

    @api.model
    def _check_dealer_list(self, values, name, limit):
        if not isinstance(values, list) or len(values) > limit:
            raise ValidationError(
                self.env._(
                    '"%(name)s" must be a list of at most %(limit)s.', name=name, limit=limit
                )
            )

    @api.model
    def _dealer_owned_leads(self, lead_ids):
        """``{id: lead}`` (as superuser) of those that were endorsed to the calling user's dealers.

        The caller's context is left behind, it is no part of the protocol.
        """
        domain = [
            ("id", "in", [lead_id for lead_id in lead_ids if 0 < lead_id < 2**31]),
            ("dealer_id.user_id", "=", self.env.uid),
            ("dealer_endorsed_at", "!=", False),
        ]
        everything = self.sudo().with_context(active_test=False).search(domain)
        # pylint: disable-next=context-overridden
        leads = everything.with_context({"lang": self.env.user.lang, "dealer_outcomes": True})
        return {lead.id: lead for lead in as_program(leads)}

    def _receive_dealer_callbacks(self, payloads):
        """Answers to ``payloads``, in their order.

        Anybody may call: turns are taken only by a known dealer, and with what was read and found good, so
        that nobody keeps others waiting with a large or an idle call.
        """
        if not self.env["bpo.dealer"]._is_callback_user(self.env.uid):
            return [
                self._dealer_answer(
                    "rejected", peek_event_id(payload), "No lead was endorsed to you."
                )
                for payload in payloads
            ]
        answers, pending = {}, {}
        for position, payload in enumerate(payloads):
            try:
                pending[position] = read_outcome(payload)
            except PayloadError as error:
                answers[position] = self._dealer_answer(
                    "rejected", peek_event_id(payload), str(error)
                )
        if pending:
            self.env["bpo.dealer.callback"]._take_turns()
        leads = self._dealer_owned_leads(o.bpo_source_lead_id for o in pending.values())
        # Not waiting for a lock: a row that changed meanwhile makes Odoo start over with this
        # call, one that is being changed makes the dealer come back.
        free = set(self.sudo().browse(leads).try_lock_for_update(allow_referencing=True).ids)
        while pending:
            wave = {position: pending.pop(position) for position in self._dealer_wave(pending)}
            rows = self.env["bpo.dealer.callback"].sudo()._find_events(wave.values())
            to_apply = {}
            for position, outcome in wave.items():
                row = rows.get((outcome.dealer_instance, outcome.event_id))
                lead = leads.get(outcome.bpo_source_lead_id)
                is_free = outcome.bpo_source_lead_id in free
                answer = self._dealer_answer_early(outcome, row, lead, is_free)
                if answer:
                    answers[position] = answer
                else:
                    to_apply[position] = (lead, outcome)
            answers.update(
                zip(to_apply, self._apply_dealer_outcomes(list(to_apply.values())), strict=True)
            )
        return [answers[position] for position in range(len(payloads))]

    @api.model
    def _dealer_wave(self, pending):
        """The positions that can be decided together: the first of each lead and event."""
        leads, events, wave = set(), set(), []
        for position, outcome in pending.items():
            event = (outcome.dealer_instance, outcome.event_id)
            if outcome.bpo_source_lead_id not in leads and event not in events:
                wave.append(position)
            leads.add(outcome.bpo_source_lead_id)
            events.add(event)
        return wave

    def _dealer_answer_early(self, outcome, row, lead, is_free):
        """The answer to an outcome that is not to be applied, else None."""
        if row:
            same = row.bpo_source_lead_id == outcome.bpo_source_lead_id
            if same and row.dealer_id.user_id == self.env.user:
                as_program(row).duplicate_count += 1
                return self._dealer_answer("duplicate", outcome.event_id, "Received before.")
            return self._dealer_answer(
                "rejected", outcome.event_id, 'Field "event_id" was used for another outcome.'
            )
        if not lead:
            return self._dealer_answer(
                "rejected",
                outcome.event_id,
                f"Lead {outcome.bpo_source_lead_id} is not one that was endorsed to you.",
            )
        ours, theirs = lead.dealer_lead_id, outcome.dealer_lead_id
        if ours and theirs and ours != theirs:
            return self._dealer_answer(
                "rejected",
                outcome.event_id,
                f'Lead {lead.id} was endorsed to you as your lead {ours}: field "dealer_lead_id" says'
                f" {theirs}. Was it another BPO's lead?",
            )
        if not is_free:
            return self._dealer_answer(
                "rejected", outcome.event_id, "The lead is being changed.", RETRY_LOCKED
            )
        return None
