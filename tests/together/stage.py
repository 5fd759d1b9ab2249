"""Users, records and values for ``test_attempts``."""

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

from odoo.addons.dealer_crm.tests.common import ADMIN, AGENT, MANAGER
from odoo.addons.dealer_crm_resellers.tests.common import PARIS, ResellerMixin

from .expected import RIGHTS
from .inherited import NOTE

MAIL = """Message-Id: <attempt-{model}@example.com>
From: a@example.com
To: somebody@example.com
Subject: Made of an e-mail

Text
"""


class Stage(ResellerMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "visitor": cls.env.ref("base.public_user"),
            "portal": cls.portal,
            "internal": cls.clerk,
            "intake": cls.intake,
            **{
                role: new_test_user(cls.env, f"attempts-{role}", groups)
                for role, groups in (("agent", AGENT), ("manager", MANAGER), ("admin", ADMIN))
            },
        }
        # With this group, an export is refused only for lack of rights on the model.
        cls.env.ref("base.group_allow_export").user_ids |= cls.env["res.users"].union(
            *cls.users.values()
        )
        cls.agent = cls.users["agent"]
        cls.dealer_user = new_test_user(cls.env, "attempts-dealer", "base.group_portal")
        cls.records = cls.make_records()
        cls.values = cls.make_values()
        # Deleted records are new, so that nothing references them.
        cls.spare = {
            model: cls.env[model].create(values | {"name": "Spare"} if "name" in values else values)
            for model, values in cls.values.items()
            if values
        }
        cls.spare["dealer.crm.commission"] = cls.make_reopened().commission_ids
        cls.templates = {
            model: cls.env["mail.template"].create(
                {"name": "x", "model_id": cls.env["ir.model"]._get_id(model), "body_html": "x"}
            )
            for model in RIGHTS
            if "activity_ids" in cls.env[model]._fields
        }
        note = cls.env["ir.ui.view"].create(
            {"name": "Note", "type": "qweb", "arch": "<p>Note</p>", "key": NOTE}
        )
        module, _dot, name = NOTE.partition(".")
        cls.env["ir.model.data"].create(
            {"module": module, "name": name, "model": note._name, "res_id": note.id}
        )
        cls.env.flush_all()

    @classmethod
    def make_records(cls):
        """Create one record of each of our models; an agent can see those that agents may see."""
        env = cls.env
        # Response Time has the leads with a limit.
        cls.env.company.dealer_first_contact_minutes = 30
        plan = env["dealer.crm.commission.plan"].create(
            {"name": "Attempts", "rule_ids": [Command.create({"percentage": 10})]}
        )
        cls.gold.commission_plan_id = plan
        cls.reseller = cls.make_reseller(place=PARIS)
        cls.company.partner_id.country_id = cls.france
        # The report of response times shows leads with a deadline.
        cls.company.dealer_first_contact_minutes = 60
        cls.connection = connection = env["dealer.crm.bpo.connection"].search(
            [("company_id", "=", cls.company.id)], limit=1
        ) or env["dealer.crm.bpo.connection"].create(cls.address("bpo"))
        connection.api_key = "k"
        cls.closed, lead = (
            cls.endorse(cls.make_lead(cls.negotiation, user_id=cls.agent.id), number)
            for number in (900_001, 900_002)
        )
        for each in (cls.closed, lead):
            each.assign_partner(cls.reseller)
        cls.make_delivered(cls.closed)
        cls.closed.action_mark_won()
        dealer = env["bpo.dealer"].create(
            {**cls.address("dealer"), "api_key": "k", "user_id": cls.dealer_user.id}
        )
        cls.inbox = {"dealer_id": dealer.id, "dealer_instance": "i", "event_id": "e"}
        callback = cls.closed.callback_ids
        made = [
            connection,
            plan,
            plan.rule_ids,
            lead,
            lead.assignment_ids[:1],
            callback,
            cls.make(
                "dealer.crm.callback.attempt", callback_id=callback.id, started_at="2026-01-01"
            ),
            cls.make(
                "dealer.crm.lead.turn",
                team_id=env["crm.team"].search([], limit=1).id,
                user_id=cls.agent.id,
            ),
            dealer,
            cls.make("bpo.dealer.callback", **cls.inbox),
            cls.closed.commission_ids,
            cls.closed.commission_ids.entry_ids[:1],
            cls.gold,
            cls.operational,
            cls.new,
            cls.reason,
        ]
        records = {each._name: each for each in made}
        cls.wizards = {
            "commission_ids": cls.closed.commission_ids.ids,
            "lead_ids": lead.ids,
            "lead_id": lead.id,
            "lost_reason": cls.reason.id,
            "callback_ids": callback.ids,
            "choice": "new",
        }
        for name in [name for name in RIGHTS if name not in records]:
            model = env[name]
            if model.is_transient():
                records[name] = model.create(cls.wizard(name))
            else:
                records[name] = model.search([], limit=1)
        records["crm.lead"] = env["crm.lead"].create(
            {"name": "Attempts", "user_id": cls.agent.id, "dealer_id": dealer.id}
        )
        records["calendar.event"] = env["calendar.event"].create(
            {
                "dealer_crm_lead_id": lead.id,
                "name": "Attempts",
                "start": "2040-05-07 10:00:00",
                "stop": "2040-05-07 11:00:00",
            }
        )
        records["res.partner"] = cls.reseller
        records["website"] = env["website"].search([], limit=1)
        return records

    @classmethod
    def make_reopened(cls):
        """A lead that was won: its commission does not earn, so it can be deleted."""
        lead = cls.make_lead(cls.negotiation, user_id=cls.agent.id)
        lead.assign_partner(cls.reseller)
        cls.make_delivered(lead)
        lead.action_mark_won()
        lead.action_reopen("Wrong")
        return lead

    @classmethod
    def make_values(cls):
        """Values of a new record of each model that some role may create."""
        user = new_test_user(cls.env, "attempts-dealer-2", "base.group_portal")
        named = {"name": "Another"}
        return (
            {model: {} for model in RIGHTS}
            | {
                "bpo.dealer": {**cls.address("another"), "user_id": user.id, "active": False},
                "dealer.crm.bpo.connection": {**cls.address("another"), "active": False},
                "dealer.crm.commission.plan": named,
                "dealer.crm.commission.plan.rule": {
                    "plan_id": cls.records["dealer.crm.commission.plan"].id,
                    "percentage": 5,
                },
                "dealer.crm.lead": {"contact_name": "Bo"},
                "dealer.crm.lost.reason": named,
                "dealer.crm.partner.activation": named,
                "dealer.crm.partner.level": named,
                "dealer.crm.stage": named,
            }
            | {name: cls.wizard(name) for name in RIGHTS if cls.env[name].is_transient()}
        )

    @classmethod
    def address(cls, name):
        url = f"https://{name}.example.com"
        return {"name": name, "url": url, "database": name, "login": "x"}

    @classmethod
    def make(cls, name, **given):
        """Create a record as the program, with values in all other required fields."""
        sample = {"char": "x", "text": "x", "integer": 1, "datetime": "2026-01-01"}
        for key, field in cls.env[name]._fields.items():
            if field.required and field.store and key not in given and not field.default:
                if field.type == "selection":
                    given[key] = field.get_values(cls.env)[0]
                elif field.type in sample and not field.compute:
                    given[key] = sample[field.type]
        return cls.env[name].create(given)

    @classmethod
    def wizard(cls, name):
        fields = cls.env[name]._fields
        values = {key: value for key, value in cls.wizards.items() if key in fields}
        for key, field in fields.items():
            if field.required and field.store and key not in values and not field.default:
                values[key] = field.get_values(cls.env)[0] if field.type == "selection" else "x"
        if name == "dealer.crm.bpo.connection.hold":
            values["connection_id"] = cls.connection.id
        if name == "dealer.crm.lead.reopen":
            values["lead_ids"] = cls.closed.ids
        return values

    def mail(self, model):
        return MAIL.format(model=model)
