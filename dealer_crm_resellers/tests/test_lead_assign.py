from collections import Counter

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..assignment import lead_seed
from .common import MARSEILLE, NEAR, PARIS, TOKYO, WIDER, WIDEST, ResellerCase


@tagged("post_install", "-at_install")
class TestAutomaticAssignment(ResellerCase):
    def assertGets(self, lead, partner, tier, count=1):
        """``lead`` is assigned to ``partner`` by this tier, which held ``count`` candidates."""
        lead.action_assign_partner()
        self.assertEqual(lead.partner_assigned_id, partner)
        self.assertRecordValues(
            lead.assignment_ids[:1],
            [
                {
                    "partner_id": partner.id,
                    "tier": tier,
                    "candidate_count": count,
                    "state": "assigned",
                    "method": "automatic",
                    "reason": False,
                    "user_id": self.env.uid,
                    "company_id": lead.company_id.id,
                }
            ],
        )
        self.assertEqual(lead.date_partner_assign, lead.assignment_ids[0].date)

    def test_tiers(self):
        """Distance outranks weight."""
        far = self.make_reseller("Tokyo", TOKYO, self.japan)
        for name, place, tier in (
            ("Marseille", MARSEILLE, "4"),
            ("Widest", WIDEST, "3"),
            ("Wider", WIDER, "2"),
            ("Near", NEAR, "1"),
        ):
            partner = self.make_reseller(name, place, dealer_level_weight=1)
            self.assertGets(self.make_placed_lead(), partner, tier)
            partner.dealer_level_weight = 1000
        self.assertGets(self.make_placed_lead(country=self.italy), partner, "1")
        self.assertGets(self.make_placed_lead((35.0, 139.0), self.italy), far, "2")
        self.assertGets(self.make_placed_lead((20.0, 139.0), self.italy), far, "5")

    def test_log_row(self):
        partner = self.make_reseller(place=NEAR)
        lead = self.make_placed_lead()
        lead.with_user(self.agent).action_assign_partner()
        row = lead.assignment_ids
        self.assertAlmostEqual(row.distance, 38.4, delta=0.2)
        self.assertEqual((row.weight, row.user_id), (30, self.agent))
        self.assertGreater(row.seed, 0)
        self.assertEqual(lead.partner_assigned_id, partner)
        message = lead.message_ids[:1]
        self.assertIn(f"Assigned to Reseller, {row.distance:.1f} km away.", message.body)
        self.assertEqual(message.author_id, self.agent.partner_id)
        self.assertTrue(message.is_internal)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))

    def test_names_are_escaped_in_the_note(self):
        self.make_reseller("<b>Bold & Co</b>", NEAR)
        lead = self.make_placed_lead()
        lead.action_assign_partner()
        self.assertIn("&lt;b&gt;Bold &amp; Co&lt;/b&gt;", lead.message_ids[:1].body)

    def test_who_is_a_candidate(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        ramp_up = self.env.ref("dealer_crm_resellers.activation_ramp_up")
        ramp_up.assignable = False
        parent = self.make_reseller("Parent", NEAR, is_company=True)
        retired = self.env["dealer.crm.partner.level"].create(
            {"name": "Retired", "weight": 50, "active": False}
        )
        lead = self.make_placed_lead()
        lead.partner_declined_ids = parent
        for vals in (
            {"active": False},
            {"dealer_level_weight": 0},
            {"dealer_level_id": False},
            {"dealer_level_id": False, "dealer_level_weight": 10},
            {"dealer_level_id": retired.id},
            {"dealer_activation_id": ramp_up.id},
            {"company_id": company.id},
            {"parent_id": parent.id},
        ):
            with self.subTest(vals=vals):
                partner = self.make_reseller("Out", NEAR, **vals)
                lead.action_assign_partner()
                self.assertFalse(lead.partner_assigned_id)
                self.assertEqual(lead.assignment_failure, "nobody")
                partner.write({"active": False, "parent_id": False})
        for vals in (
            {},
            {"dealer_activation_id": self.operational.id},
            {"company_id": self.company.id},
            {"dealer_lead_cap": 1},
        ):
            with self.subTest(vals=vals):
                partner = self.make_reseller("In", NEAR, **vals)
                self.assertGets(
                    self.make_placed_lead(partner_declined_ids=parent.ids), partner, "1"
                )
                partner.active = False

    def test_an_archived_activation_still_counts(self):
        self.operational.write({"assignable": False, "active": False})
        self.make_reseller(place=NEAR, dealer_activation_id=self.operational.id)
        lead = self.make_placed_lead()
        lead.action_assign_partner()
        self.assertFalse(lead.partner_assigned_id)

    def test_declined_by_a_colleague(self):
        """A decline by one contact counts for its whole commercial entity."""
        parent = self.make_reseller("Parent", NEAR, is_company=True)
        children = [
            self.make_reseller(f"Child {number}", NEAR, parent_id=parent.id) for number in (1, 2)
        ]
        other = self.make_reseller("Other", MARSEILLE)
        lead = self.make_placed_lead(partner_declined_ids=children[0].ids)
        self.assertGets(lead, other, "4")

    def test_leads_without_place_or_country(self):
        partner = self.make_reseller(place=PARIS)
        self.assertGets(self.make_placed_lead((0, 0)), partner, "4")
        self.assertFalse(self.Lead.search([], limit=1).assignment_ids.distance)
        for place, country, reason, words in (
            ((0, 0), self.env["res.country"], "no_origin", "neither a place nor a country"),
            ((0, 0), self.italy, "no_country_partner", "No reseller in its country"),
        ):
            lead = self.make_placed_lead(place, country)
            action = lead.action_assign_partner()
            self.assertFalse(lead.partner_assigned_id)
            self.assertEqual(lead.assignment_failure, reason)
            self.assertRecordValues(
                lead.assignment_ids,
                [{"state": "failed", "reason": reason, "partner_id": False, "tier": False}],
            )
            for text in (action["params"]["message"], lead.message_ids[:1].body):
                self.assertIn(words, text)
            self.assertEqual(action["params"]["type"], "warning")

    def test_no_distance_is_none(self):
        """The distance is empty without a place, and 0 km in the same place."""
        self.make_reseller(place=PARIS)
        unplaced = self.make_placed_lead((0, 0))
        near = self.make_placed_lead(NEAR)
        there = self.make_placed_lead(PARIS)
        leads = unplaced | near | there
        self.assign(leads)
        measured = [lead.assignment_ids.is_measured for lead in leads]
        self.assertEqual(measured, [False, True, True])
        self.assertEqual(there.assignment_ids.distance, 0)
        [(mean,)] = self.Assignment._read_group(
            [("id", "in", (unplaced | near).assignment_ids.ids)], [], ["distance:avg"]
        )
        self.assertAlmostEqual(mean, near.assignment_ids.distance, places=3)
        for view, place in (
            ("dealer_crm_assignment_view_list", "//field[@name='distance']"),
            ("dealer_crm_assignment_view_form", "//field[@name='distance']"),
            ("dealer_crm_lead_view_form", "//list/field[@name='distance']"),
        ):
            arch = etree.fromstring(self.env.ref(f"dealer_crm_resellers.{view}").arch)
            self.assertEqual(
                [node.get("invisible") for node in arch.xpath(place)], ["not is_measured"], view
            )

    def test_a_partner_without_place_is_only_of_its_country(self):
        self.make_reseller("Nowhere", (0, 0), self.france)
        lead = self.make_placed_lead(TOKYO, self.japan)
        lead.action_assign_partner()
        self.assertEqual(lead.assignment_failure, "nobody")

    def test_nobody_then_somebody(self):
        lead = self.make_placed_lead()
        lead.action_assign_partner()
        self.assertEqual(lead.assignment_failure, "nobody")
        self.assertTrue(lead.date_partner_attempt)
        partner = self.make_reseller(place=NEAR)
        self.assertGets(lead, partner, "1")
        self.assertFalse(lead.assignment_failure)
        self.assertEqual(lead.assignment_ids.mapped("state"), ["assigned", "failed"])

    def test_poles_and_antimeridian(self):
        for place, other, tier in (
            ((-16.8, 179.9), (-16.8, -179.9), "1"),
            ((-16.8, -179.9), (-16.8, 179.0), "3"),
            ((89.9, 0), (89.9, 180), "1"),
            ((-89.5, 90), (-89.5, -90), "3"),
        ):
            with self.subTest(place=place):
                partner = self.make_reseller(place=other, country=self.japan)
                self.assertGets(self.make_placed_lead(place), partner, tier)
                partner.active = False

    def test_radii_are_a_setting(self):
        partner = self.make_reseller(place=WIDER)
        parameters = self.env["ir.config_parameter"]
        for number, km in enumerate((10, 20, 80), 1):
            parameters.set_param(f"dealer_crm_resellers.radius_{number}", km)
        self.assertGets(self.make_placed_lead(), partner, "3")
        parameters.set_param("dealer_crm_resellers.radius_3", "30")
        self.assertGets(self.make_placed_lead(), partner, "4")
        for value in ("twenty", "-5", "-inf", "inf", "nan"):
            parameters.set_param("dealer_crm_resellers.radius_2", value)
            with self.assertRefused(UserError, "dealer_crm_resellers.radius_2", value):
                self.make_placed_lead().action_assign_partner()

    def test_caps(self):
        """Only open leads count against the cap, however they were assigned."""
        small = self.make_reseller("Small", NEAR, dealer_lead_cap=3, dealer_level_weight=1000)
        other = self.make_reseller("Other", MARSEILLE, dealer_level_weight=1)
        leads = self.Lead.union(*(self.make_placed_lead() for _each in range(6)))
        leads[0].assign_partner(small)
        self.assign(leads)
        self.assertEqual(leads.mapped("partner_assigned_id.name"), ["Small", "Other"])
        self.assertEqual(
            Counter(leads.mapped(lambda lead: lead.partner_assigned_id.name)),
            {"Small": 3, "Other": 3},
        )
        theirs = leads.filtered(lambda lead: lead.partner_assigned_id == small)
        self.lose(theirs[0])
        theirs[1].active = False
        more = self.Lead.union(*(self.make_placed_lead() for _each in range(3)))
        self.assign(more)
        self.assertEqual(
            [lead.partner_assigned_id for lead in more.sorted("id")], [small, small, other]
        )

    def test_shares_follow_weights(self):
        heavy = self.make_reseller("Heavy", NEAR, dealer_level_weight=90)
        self.make_reseller("Light", PARIS, dealer_level_weight=10)
        self.make_reseller("None", PARIS, dealer_level_weight=0)
        leads = self.Lead.create(
            [
                {
                    "contact_name": f"Lead {number}",
                    "partner_latitude": PARIS[0],
                    "partner_longitude": PARIS[1],
                }
                for number in range(1000)
            ]
        )
        self.assign(leads, run_seed=1)
        shares = Counter(leads.mapped(lambda lead: lead.partner_assigned_id.name))
        self.assertEqual(set(shares), {"Heavy", "Light"})
        self.assertAlmostEqual(shares["Heavy"], 900, delta=40)
        self.assertEqual(heavy.dealer_lead_count, shares["Heavy"])

    def test_the_same_seed_gives_the_same(self):
        """A run is repeated from its seed, one lead from the seed in its log row."""
        for number in range(40):
            self.make_reseller(f"R{number}", (48.5 + number / 50, 2.3))
        leads = self.Lead.union(
            *(self.make_placed_lead((48.5 + number / 20, 2.3)) for number in range(15))
        )
        first = self.assign(leads, run_seed=2024)
        self.assertGreater(len({match.partner_id for match in first}), 5)
        self.assertEqual(
            {match.lead_id: match.seed for match in first},
            {row.lead_id.id: row.seed for row in leads.assignment_ids},
        )
        leads.write({"partner_assigned_id": False})
        self.assertEqual(self.assign(leads, run_seed=2024), first)
        lead = leads[7]
        row = lead.assignment_ids[0]
        self.assertEqual(row.seed, lead_seed(2024, lead.id))
        lead.partner_assigned_id = False
        [each] = lead._lock_for_match()
        for matcher in (
            self.Lead._get_matcher([each]),
            self.Lead._get_matcher([each] * 100),
        ):
            match = matcher.match(each, row.seed)
            self.assertEqual(match.partner_id, row.partner_id.id)
            self.assertEqual(match.candidates, row.candidate_count)
        leads.write({"partner_assigned_id": False})
        self.assertNotEqual(self.assign(leads, run_seed=2025), first)

    def test_few_and_many_leads_are_matched_alike(self):
        """Reading only the partners nearby gives the same matches as reading all."""
        for number in range(60):
            self.make_reseller(
                f"R{number}",
                ((number * 37) % 140 - 70, (number * 101) % 360 - 180) if number % 5 else (0, 0),
                (self.france, self.japan, self.italy)[number % 3],
                dealer_lead_cap=(0, 0, 1)[number % 3],
            )
        leads = self.Lead.union(
            *(
                self.make_placed_lead(
                    ((number * 53) % 140 - 70, (number * 71) % 360 - 180) if number % 4 else (0, 0),
                    (self.france, self.japan, self.italy, self.env["res.country"])[number % 4],
                )
                for number in range(1, 31)
            )
        )
        rows = leads._lock_for_match()
        few, many = self.Lead._get_matcher(rows), self.Lead._get_matcher(rows * 2)
        for row in rows:
            seed = lead_seed(5, row.id)
            self.assertEqual(few.match(row, seed), many.match(row, seed))
            alone = self.Lead._get_matcher([row]).match(row, seed)
            self.assertEqual(
                alone.reason, self.Lead._get_matcher([row] * 50).match(row, seed).reason
            )

    def test_what_is_not_assigned(self):
        partner, other = self.make_reseller(place=NEAR), self.make_reseller(place=MARSEILLE)
        taken = self.make_placed_lead(partner_assigned_id=other.id)
        lost = self.make_placed_lead(stage=self.lost)
        archived = self.make_placed_lead(active=False)
        fresh = self.make_placed_lead()
        leads = taken | lost | archived | fresh
        action = leads.action_assign_partner()
        self.assertIn("1 of 4", action["params"]["message"])
        self.assertEqual(
            [lead.partner_assigned_id for lead in leads],
            [other, self.Partner, self.Partner, partner],
        )
        action = lost.action_assign_partner()
        self.assertIn(lost.name, action["params"]["message"])
        self.assertEqual(action["params"]["type"], "warning")
        action = self.Lead.action_assign_partner()
        self.assertIn("0 of 0", action["params"]["message"])
        self.assertEqual(action["params"]["type"], "warning")

    def test_deleted_user(self):
        """The log has no foreign keys to users and companies; deleting a user empties it as one would."""
        self.make_reseller(place=NEAR)
        user = new_test_user(self.env, "leaver", "dealer_crm.group_dealer_manager")
        lead, other = self.make_placed_lead(), self.make_placed_lead()
        lead.with_user(user).action_assign_partner()
        other.with_user(self.manager).action_assign_partner()
        rows = lead.assignment_ids + other.assignment_ids
        self.assertEqual(rows.user_id, user + self.manager)
        user.unlink()
        self.assertEqual([row.user_id for row in rows], [self.env["res.users"], self.manager])
        rows.invalidate_recordset()
        self.assertEqual([row.user_id for row in rows], [self.env["res.users"], self.manager])
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f'"
            " AND conrelid = 'dealer_crm_assignment'::regclass ORDER BY conname"
        )
        self.assertEqual(
            [name for (name,) in self.env.cr.fetchall()],
            ["dealer_crm_assignment_lead_id_fkey", "dealer_crm_assignment_partner_id_fkey"],
        )

    def test_queries_of_one_lead(self):
        self.make_reseller(place=NEAR)
        first, second = self.make_placed_lead(), self.make_placed_lead()
        # A running server has the rules and views cached.
        first.with_user(self.manager).action_assign_partner()
        self.assertLessEqual(self.cost(second.with_user(self.manager).action_assign_partner), 11)

    def test_queries_do_not_grow_with_leads(self):
        for number in range(30):
            self.make_reseller(f"R{number}", (48.5 + number / 50, 2.3))
        # A running server has the languages cached.
        self.env["res.lang"].get_installed()
        costs = []
        for count in (1, 45, 200):
            leads = self.Lead.create(
                [
                    {
                        "contact_name": f"L{number}",
                        "partner_latitude": 48.5 + number / 1000,
                        "partner_longitude": 2.3,
                        "country_id": self.france.id,
                    }
                    for number in range(count)
                ]
            )
            costs.append(self.cost(lambda leads=leads: self.assign(leads)))
        # One of them asks for commissions that a former reseller may have.
        self.assertLessEqual(costs[0], 13)
        self.assertLessEqual(costs[2], costs[1])

    def test_rights(self):
        self.make_reseller(place=NEAR)
        own = self.make_placed_lead()
        foreign = self.make_placed_lead(user_id=self.other_agent.id)
        own.with_user(self.agent).action_assign_partner()
        self.assertTrue(own.partner_assigned_id)
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                foreign.with_user(user).action_assign_partner()
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager)._assign_automatically()
        foreign.with_user(self.manager).action_assign_partner()
        self.assertTrue(foreign.partner_assigned_id)
        # Of many leads, the database says who may write them.
        foreign.partner_assigned_id = False
        leads = self.Lead.concat(*(self.make_placed_lead() for _each in range(50)))
        with self.assertRaises(AccessError):
            (leads + foreign).with_user(self.agent).action_assign_partner()
        self.assertFalse(leads.partner_assigned_id)
        leads[0].active = False
        leads.with_user(self.agent).action_assign_partner()
        self.assertEqual(leads.filtered("partner_assigned_id"), leads[1:])
