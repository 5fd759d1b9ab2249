"""Each of pytest's workers has its own filestore (`own_filestore` in conftest.py)."""

from pathlib import Path

from odoo.tests import TransactionCase, tagged
from odoo.tools import config


@tagged("post_install", "-at_install")
class TestFilestore(TransactionCase):
    def test_filestore_of_this_database(self):
        name = self.env.cr.dbname
        self.assertEqual(Path(config.filestore(name)).name, name)
