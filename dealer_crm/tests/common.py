import json
from contextlib import contextmanager

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests.common import HttpCase, TransactionCase, new_test_user

#: fields that a move may change
STAMPS = ("date_won", "date_lost", "date_last_stage_update", "write_date")
BPO_URL = "https://bpo.example.com"
STAGES = ("new", "qualified", "negotiation", "won", "lost")
AGENT = "base.group_user,dealer_crm.group_dealer_user"
MANAGER = "base.group_user,dealer_crm.group_dealer_manager"
ADMIN = "base.group_user,dealer_crm.group_dealer_admin"
INTAKE = "base.group_portal,dealer_crm.group_dealer_intake"


class DealerMixin:
    """Users, stages, and helpers to make leads and their sales."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "no_reset_password": True, "mail_create_nolog": True}
        )
        cls.Stage = cls.env["dealer.crm.stage"]
        cls.Lead = cls.env["dealer.crm.lead"]
        # Demo leads would change the counts; their commissions prevent deleting them.
        if "dealer.crm.commission" in cls.env:
            cls.env.cr.execute(
                "DELETE FROM dealer_crm_commission_entry; DELETE FROM dealer_crm_commission"
            )
        leads = cls.Lead.with_context(active_test=False).search([])
        leads._write_unchecked({"bpo_source_lead_id": 0})
        leads.unlink()
        cls.new, cls.qualified, cls.negotiation, cls.won, cls.lost = (
            cls.env.ref(f"dealer_crm.stage_{name}") for name in STAGES
        )
        cls.reason = cls.env.ref("dealer_crm.lost_reason_price")
        cls.agent = new_test_user(cls.env, "dealer-agent", AGENT)
        cls.other_agent = new_test_user(cls.env, "dealer-agent-2", AGENT)
        cls.manager = new_test_user(cls.env, "dealer-manager", MANAGER)
        cls.admin = new_test_user(cls.env, "dealer-admin", ADMIN)
        cls.intake = new_test_user(cls.env, "dealer-intake", INTAKE)
        cls.clerk = new_test_user(cls.env, "dealer-clerk", "base.group_user")
        cls.portal = new_test_user(cls.env, "dealer-portal", "base.group_portal")
        cls.outsiders = cls.clerk | cls.portal
        # The demo company has a limit.
        cls.env["res.company"].search([]).dealer_first_contact_minutes = 0

    @classmethod
    def install_languages(cls, modules="dealer_crm%"):
        """Activate German and Arabic; the texts of other ``modules`` stay English."""
        codes = ["de_DE", "ar_001"]
        for code in codes:
            cls.env["res.lang"]._activate_lang(code)
        translated = cls.env["ir.module.module"].search([("name", "=like", modules)])
        translated._update_translations(codes)

    @classmethod
    def make_lead(cls, stage=None, **vals):
        """A lead in ``stage``, closed through the flow where the stage closes."""
        closing = stage in (cls.won, cls.lost)
        lead = cls.Lead.create(
            {
                "contact_name": "Ana",
                "user_id": cls.agent.id,
                "stage_id": (cls.new if closing or not stage else stage).id,
                **vals,
            }
        )
        if stage == cls.lost:
            cls.lose(lead)
        elif stage == cls.won:
            cls.make_delivered(lead)
            lead.action_mark_won()
        return lead

    @classmethod
    def endorse(cls, leads, first_id=900_000):
        """Make them endorsed leads, as if created by ``receive_endorsed_lead``."""
        for number, lead in enumerate(leads, first_id):
            lead.bpo_source_lead_id = number
        return leads

    @classmethod
    def lose(cls, leads, **vals):
        return leads.write({"stage_id": cls.lost.id, "lost_reason": cls.reason.id, **vals})

    @classmethod
    def make_product(cls, **vals):
        return cls.env["product.product"].create(
            {"name": "Pickup", "type": "consu", "is_storable": True, "list_price": 100, **vals}
        )

    @classmethod
    def make_order(cls, lead, product=None, quantity=1, confirm=True, **vals):
        """A sale order of ``lead``, confirmed unless ``confirm`` is false."""
        partner = lead.partner_id or cls.env["res.partner"].create({"name": "Buyer"})
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "dealer_crm_lead_id": lead.id,
                "company_id": lead.company_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.make_product()).id,
                            "product_uom_qty": quantity,
                        }
                    )
                ],
                **vals,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def deliver(cls, pickings, quantity=None):
        """Validate the transfers; a smaller ``quantity`` leaves a backorder."""
        for move in pickings.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        pickings.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=[]
        ).button_validate()

    @classmethod
    def make_delivered(cls, lead, **vals):
        order = cls.make_order(lead, **vals)
        cls.deliver(order.picking_ids)
        return order

    @classmethod
    def give_back(cls, order, quantity, done=True):
        """Return ``quantity`` of each product of the first delivery; the return transfer."""
        delivery = order.picking_ids.sorted("id").filtered(lambda each: each.state == "done")[0]
        wizard = (
            cls.env["stock.return.picking"]
            .with_context(
                active_id=delivery.id, active_ids=delivery.ids, active_model="stock.picking"
            )
            .create({})
        )
        wizard.product_return_moves.quantity = quantity
        back = order.picking_ids.browse(wizard.action_create_returns()["res_id"])
        if done:
            cls.deliver(back)
        return back

    def assertScreensLoad(self, module, least):
        """Every action of the module, at least ``least``, opens for the roles with access."""
        actions = self.env["ir.actions.act_window"].browse(
            self.env["ir.model.data"]
            .search([("module", "=", module), ("model", "=", "ir.actions.act_window")])
            .mapped("res_id")
        )
        self.assertGreaterEqual(len(actions), least)
        for user in (self.agent, self.manager, self.admin):
            for action in actions:
                model = self.env[action.res_model].with_user(user)
                if not model.has_access("read"):
                    continue
                with self.subTest(user=user.login, action=action.name):
                    views = model.get_views([*action.views, (False, "search")])["views"]
                    self.assertEqual(
                        set(views), {kind for _view, kind in action.views} | {"search"}
                    )

    @contextmanager
    def assertRefused(self, error, *words):
        """``error`` is raised with each of ``words`` in its message; changes are rolled back."""
        with self.assertRaises(error) as caught:
            yield caught
        for word in words:
            self.assertIn(word, str(caught.exception))

    def cost(self, action):
        """Number of queries of ``action`` with an empty record cache, as in a new transaction."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.invalidate_all()
        self.env.cr._now = None
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        self.env.cr.flush()
        return self.env.cr.sql_log_count - before


class DealerCase(DealerMixin, TransactionCase):
    pass


class DealerHttpCase(DealerMixin, HttpCase):
    """Calls over real HTTP as a given user, like a browser or another program."""

    def rpc(self, user, model, method, *args, context=None, **kwargs):
        """Call by ``/jsonrpc`` as ``user``: ``(result, None)`` or ``(None, (error name, sentence))``."""
        password = user.login + "x" * (8 - len(user.login))
        if context:
            kwargs["context"] = context
        params = {
            "service": "object",
            "method": "execute_kw",
            "args": [self.cr.dbname, user.id, password, model, method, args, kwargs],
        }
        return self._post("/jsonrpc", params)

    def web(self, user, model, method, *args, **kwargs):
        """Call by ``/web/dataset/call_kw``, like ``user``'s browser; returns like ``rpc``."""
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def _post(self, route, params):
        # Python's JSON writes NaN and Infinity, like some programs.
        answer = self.url_open(
            route,
            data=json.dumps(self.build_rpc_payload(params)),
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        answer.raise_for_status()
        body = answer.json()
        self.env.invalidate_all()
        if error := body.get("error"):
            return None, (error["data"]["name"], error["data"]["message"])
        return body.get("result"), None

    def assertRpcRefused(self, answer, name, *words):
        """The call failed with the exception ``name``, and its message contains ``words``."""
        result, error = answer
        self.assertIsNone(result)
        self.assertIsNotNone(error, "the call was let through")
        self.assertEqual(error[0].rpartition(".")[2], name, error[1])
        for word in words:
            self.assertIn(word, error[1])


class TransitionCase(DealerCase):
    def state(self, leads):
        """Values that a move may change, to check that nothing has changed."""
        self.env.flush_all()
        return leads.sudo().read(
            ["stage_id", "open_stage_id", "won_status", "lost_reason", "lost_notes", *STAMPS]
        )

    def assertStays(self, leads, vals, *words, error=UserError, user=None):
        """The write is refused with these words and changes nothing."""
        before = self.state(leads)
        with self.assertRefused(error, *words):
            leads.with_user(user or self.env.user).write(vals)
        self.env.invalidate_all()
        self.assertEqual(self.state(leads), before)


class IntakeCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.us = cls.env.ref("base.us")
        cls.california = cls.env.ref("base.state_us_5")
        cls.Partner = cls.env["res.partner"]

    def payload(self, **values):
        return {
            "bpo_source_lead_id": 4711,
            "bpo_source_lead_name": "B/4711",
            "bpo_source_url": BPO_URL,
            "contact_name": "Ida Intake",
            **values,
        }

    def receive(self, user=None, **values):
        """Call as the service user; return the lead and the answer."""
        answer = self.Lead.with_user(user or self.intake).receive_endorsed_lead(
            self.payload(**values)
        )
        self.env.invalidate_all()
        return self.Lead.browse(answer["id"]), answer

    def count(self):
        """Dict of model to number of records, for the models in which a call may create some."""
        self.env.flush_all()
        models = ("dealer.crm.lead", "res.partner", "sale.order", "mail.message", "crm.tag")
        return {
            name: self.env[name].with_context(active_test=False).search_count([]) for name in models
        }

    def assertRejected(self, field, error=ValidationError, **values):
        before = self.count()
        with self.assertRefused(error, field):
            self.receive(**values)
        self.assertEqual(self.count(), before)

    def notes(self, lead):
        return "\n".join(lead.message_ids.mapped("body"))
