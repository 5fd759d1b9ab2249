import json
from collections import defaultdict
from html import escape

from odoo import SUPERUSER_ID, fields, models
from odoo.tools import SQL
from odoo.tools.json import json_default
from odoo.tools.mail import generate_tracking_message_id

from ..sql import sql_array

STAGE_SUBTYPES = ("stage", "won", "lost")
LOGGED = "dealer_crm.logged"


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _message_track(self, fields_iter, initial_values_dict):
        """Post messages only for leads with followers of stages; log other changes in one go."""
        subtypes = [*filter(None, map(self._get_stage_subtype_id, STAGE_SUBTYPES))]
        self.env["mail.followers"].flush_model()
        followers = self.env.execute_query(
            SQL(
                """
                SELECT f.res_id FROM mail_followers f
                  JOIN mail_followers_mail_message_subtype_rel s ON s.mail_followers_id = f.id
                 WHERE f.res_model = %s AND f.res_id = ANY(%s) AND s.mail_message_subtype_id = ANY(%s)
                """,
                self._name,
                self.ids,
                subtypes,
            )
        )
        followed = frozenset(lead_id for (lead_id,) in followers)
        # The names of several stages at once.
        self.env["dealer.crm.stage"]._get_all().fetch(["name"])
        leads = self.with_context(dealer_crm_followed=followed)
        logged = self.env.cr.precommit.data[LOGGED] = []
        try:
            tracking = super(DealerCrmLead, leads)._message_track(fields_iter, initial_values_dict)
        finally:
            del self.env.cr.precommit.data[LOGGED]
        self._log_tracking(logged)
        return tracking

    def _message_log(self, **kwargs):
        logged = self.env.cr.precommit.data.get(LOGGED)
        is_plain = type(kwargs.get("body") or "") is str  # Markup is a subclass.
        if logged is None or not is_plain or not kwargs.get("tracking_value_ids"):
            return super()._message_log(**kwargs)
        logged.append((self.id, kwargs))
        return self.env["mail.message"]

    def _message_log_batch(
        self,
        bodies,
        subject=False,
        author_id=None,
        email_from=None,
        message_type="notification",
        partner_ids=False,
        attachment_ids=False,
        tracking_value_ids=False,
    ):
        """Log plain texts in one statement; whatever is more than that, as Odoo does."""
        texts = {lead_id: bodies.get(lead_id, "") for lead_id in self.ids}
        # Markup is a subclass of str.
        is_plain = message_type == "notification" and all(
            type(text) is str for text in texts.values()
        )
        has_more = subject or partner_ids or attachment_ids or tracking_value_ids
        if texts and is_plain and not has_more:
            return self._insert_notes(texts, *self._message_compute_author(author_id, email_from))
        return super()._message_log_batch(
            bodies,
            subject=subject,
            author_id=author_id,
            email_from=email_from,
            message_type=message_type,
            partner_ids=partner_ids,
            attachment_ids=attachment_ids,
            tracking_value_ids=tracking_value_ids,
        )

    def _insert_notes(self, texts, author_id, email_from, changes=()):
        """Insert the rows that ``_message_log_batch`` creates, in one statement.

        Without an address for replies, as nobody gets them by e-mail, and without a last editor:
        PostgreSQL would look up that user for each row.

        :param dict texts: plain text by lead id
        :param changes: pairs of a lead's id and the values (dict) of a ``mail.tracking.value``
        :return: the messages (as sudo), in the order of ``texts``
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH note AS (
                INSERT INTO mail_message (
                    model, res_id, body, message_type, subtype_id, is_internal, author_id, email_from,
                    message_id, email_add_signature, date,
                    create_uid, create_date, write_date)
                SELECT %(model)s, n.res_id, n.body, 'notification', %(subtype)s, TRUE, %(author)s,
                       %(email)s, %(message)s, FALSE, %(date)s,
                       %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(%(leads)s::int[], %(bodies)s::text[]) AS n(res_id, body)
                RETURNING res_id, id)
                %(changes)s
                SELECT res_id, id FROM note
                """,
                model=self._name,
                changes=self._insert_changes(changes) if changes else SQL(),
                leads=sql_array(texts),
                bodies=sql_array(
                    [text and f"<p>{escape(text, quote=False)}</p>" for text in texts.values()]
                ),
                subtype=self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
                author=author_id or None,
                email=email_from or None,
                message=generate_tracking_message_id("message-notify"),
                uid=self.env.uid,
                date=fields.Datetime.now(),
            )
        )
        self.browse(texts).invalidate_recordset(["message_ids"], flush=False)
        ids = dict(rows)
        return self.env["mail.message"].sudo().browse(ids[lead_id] for lead_id in texts)

    def _insert_changes(self, changes):
        """SQL that adds rows of ``mail.tracking.value`` to the messages of the CTE ``note``."""
        model = self.env["mail.tracking.value"]
        rows = [
            # The column of the message holds the lead until the message has an id.
            {"mail_message_id": lead_id}
            | {name: model._fields[name].convert_to_cache(values[name], model) for name in values}
            for lead_id, values in changes
        ]
        names = sorted({name for _lead_id, values in changes for name in values})
        return SQL(
            """, change AS (
                INSERT INTO mail_tracking_value (
                    mail_message_id, create_uid, create_date, write_date, %(columns)s)
                SELECT note.id, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', %(values)s
                  FROM jsonb_populate_recordset(NULL::mail_tracking_value, %(rows)s) AS value
                  JOIN note ON note.res_id = value.mail_message_id)
            """,
            columns=SQL(", ").join(map(SQL.identifier, names)),
            values=SQL(", ").join(SQL.identifier("value", name) for name in names),
            uid=self.env.uid,
            rows=json.dumps(rows, default=json_default),
        )

    def _log_tracking(self, logged):
        """Create all messages and their tracking values, with one statement for each author.

        :param logged: list of (lead id, arguments of ``_message_log``)
        """
        groups = defaultdict(dict)
        for lead_id, kwargs in logged:
            groups[kwargs.get("author_id")][lead_id] = kwargs
        for author_id, group in groups.items():
            self._insert_notes(
                {lead_id: kwargs.get("body") or "" for lead_id, kwargs in group.items()},
                *self._message_compute_author(author_id, None),
                [
                    (lead_id, values)
                    for lead_id, kwargs in group.items()
                    for _create, _zero, values in kwargs["tracking_value_ids"]
                ],
            )

    def _split_by_language(self):
        """List of these leads by the language of their readers, with ``lang`` in the context.

        The language is that of the current user; for the superuser, as in a cron, that of the
        salesperson, else of the company.
        """
        if not self or self.env.uid != SUPERUSER_ID:
            return [self] if self else []
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        if len(languages) == 1:
            # The texts are in English: without ``lang`` no translation is looked up.
            only = languages[0]
            return [self if only == "en_US" else self.with_context(lang=only)]
        self.flush_recordset(["user_id", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id, COALESCE(reader.lang, company.lang)
                  FROM dealer_crm_lead l
                  LEFT JOIN res_users u ON u.id = l.user_id
                  LEFT JOIN res_partner reader ON reader.id = u.partner_id
                  JOIN res_company c ON c.id = l.company_id
                  JOIN res_partner company ON company.id = c.partner_id
                 WHERE l.id = ANY(%s) ORDER BY l.id
                """,
                list(self._ids),
            )
        )
        lead_ids = defaultdict(list)
        for lead_id, lang in rows:
            lead_ids[lang].append(lead_id)
        return [self.browse(ids).with_context(lang=lang) for lang, ids in lead_ids.items()]

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" not in init_values:
            return super()._track_subtype(init_values)
        if self.id not in self.env.context.get("dealer_crm_followed", ()):
            return False
        name = "stage" if self.won_status == "pending" else self.won_status
        return self.env["mail.message.subtype"].browse(self._get_stage_subtype_id(name))

    def _get_stage_subtype_id(self, name):
        return self.env["ir.model.data"]._xmlid_to_res_id(
            f"dealer_crm.mt_lead_{name}", raise_if_not_found=False
        )
