from odoo.addons.dealer_crm.tests.common import DealerCase, DealerMixin

PARIS = (48.8566, 2.3522)
# About 39, 72 and 167 km from Paris, and far away.
NEAR, WIDER, WIDEST, MARSEILLE = (49.2, 2.4), (49.5, 2.3522), (50.36, 2.4), (43.2965, 5.3698)
TOKYO = (35.6762, 139.6503)


class ResellerMixin(DealerMixin):
    """Resellers and leads with places."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Assignment = cls.env["dealer.crm.assignment"]
        cls.Partner = cls.env["res.partner"]
        # Otherwise demo resellers would get the leads.
        cls.Partner.with_context(active_test=False).search(
            ["|", ("dealer_level_id", "!=", False), ("dealer_activation_id", "!=", False)]
        ).write({"dealer_level_id": False, "dealer_activation_id": False})
        cls.company = cls.env.company
        cls.company.write(
            {
                "dealer_assign_automatic": False,
                "dealer_accept_hours": 0,
                "dealer_catch_all_user_id": False,
                "dealer_geolocalize": False,
                "dealer_notify_partners": True,
            }
        )
        cls.gold, cls.silver, cls.bronze = (
            cls.env.ref(f"dealer_crm_resellers.level_{name}")
            for name in ("gold", "silver", "bronze")
        )
        cls.operational = cls.env.ref("dealer_crm_resellers.activation_fully_operational")
        cls.france, cls.japan, cls.italy = (
            cls.env.ref(f"base.{code}") for code in ("fr", "jp", "it")
        )

    @classmethod
    def make_reseller(cls, name="Reseller", place=(0, 0), country=None, **vals):
        return cls.Partner.create(
            {
                "name": name,
                "dealer_level_id": cls.gold.id,
                "partner_latitude": place[0],
                "partner_longitude": place[1],
                "country_id": (country or cls.france).id,
                **vals,
            }
        )

    @classmethod
    def make_placed_lead(cls, place=PARIS, country=None, **vals):
        return cls.make_lead(
            partner_latitude=place[0],
            partner_longitude=place[1],
            country_id=(cls.france if country is None else country).id,
            **vals,
        )

    @classmethod
    def assign(cls, leads, **options):
        return leads.sudo()._assign_automatically(**options)


class ResellerCase(ResellerMixin, DealerCase):
    pass
