from markupsafe import Markup

from odoo.tests import TransactionCase, tagged

from ..sql import sql_array


@tagged("post_install", "-at_install")
class TestSqlArray(TransactionCase):
    def parse(self, kind, values):
        self.env.cr.execute(f"SELECT each FROM unnest(%s::{kind}[]) AS each", [sql_array(values)])
        return [each for (each,) in self.env.cr.fetchall()]

    def test_values_arrive(self):
        """Whatever stands in a text stays text."""
        texts = ["", " ", "NULL", None, "{1,2}", 'a "b"', "C:\\", '\\"', "%s", "a\nb", "é, 漢字"]
        for kind, values in (
            ("text", texts),
            ("text", [Markup('<p class="a">\\</p>')]),
            ("int", [1, None, -(2**31)]),
            ("float8", [0.1, None, 1e-9, 123456789.123]),
            ("bool", [True, None, False]),
            ("int", []),
        ):
            with self.subTest(kind=kind):
                self.assertEqual(self.parse(kind, values), values)
