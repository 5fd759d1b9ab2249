from odoo.tests import HttpCase, tagged


def get_hoot_id(suite):
    """The id of a suite of Hoot in its page's address: a 32-bit hash of the name, in hexadecimal."""
    number = 0
    for char in suite:
        number = (number * 31 + ord(char)) % 2**32
    return f"{number:08x}"


@tagged("post_install", "-at_install")
class TestUnit(HttpCase):
    """Runs the unit tests of ``static/tests/unit`` in a browser, as Odoo runs its own."""

    def test_unit(self):
        failed = []

        def is_fatal(message):
            if message.startswith("[HOOT] Test "):
                failed.append(message)
            return "[HOOT]" not in message

        try:
            self.browser_js(
                f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
                f"&id={get_hoot_id('@dealer_crm/unit')}",
                "",
                "",
                login="admin",
                timeout=300,
                success_signal="[HOOT] Test suite succeeded",
                error_checker=is_fatal,
            )
        except AssertionError as error:
            raise AssertionError("\n\n".join([str(error), *failed])) from None
