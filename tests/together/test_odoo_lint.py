"""Odoo's own checks of modules (its addon ``test_lint``) on our addons.

The checks of JavaScript (``make lint`` has a newer eslint), of localisations, and the tests of the checks
themselves are left out.
"""

import logging
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from odoo import tools
from odoo.modules import Manifest

from odoo.addons.test_lint.tests import (
    test_docstring,
    test_dunderinit,
    test_i18n,
    test_index,
    test_jstranslate,
    test_manifests,
    test_markers,
    test_naming,
    test_onchange_domains,
    test_orm_import,
    test_override_signatures,
    test_pofile,
    test_pylint,
    test_routes,
    test_test_holes,
)

from .ours import ADDONS

LINTER = "odoo.addons.test_lint"


class OnOurs:
    """Restricts Odoo's checks to our addons; a warning is a failure."""

    def setUp(self):
        super().setUp()
        self.manifests = [Manifest.for_addon(name) for name in ADDONS]
        self.startPatcher(patch.object(Manifest, "all_addon_manifests", lambda: self.manifests))
        self.told = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = self.hear
        logger = logging.getLogger(LINTER)
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        level = logger.level
        logger.setLevel(logging.WARNING)
        self.addCleanup(logger.setLevel, level)

    def hear(self, record):
        if any(name in record.getMessage() for name in ADDONS):
            self.told.append(record.getMessage())

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.told, [])


class TestDocstring(OnOurs, test_docstring.TestDocstring):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(test_docstring, "MODULES_TO_LINT", ADDONS))
        # Odoo's test logs with its own runner of subtests.
        names = dict.fromkeys(("module", "model", "method"))
        self._subtest = SimpleNamespace(params=names)


class TestDunderinit(OnOurs, test_dunderinit.TestDunderinit):
    pass


class TestI18n(OnOurs, test_i18n.TestI18n):
    pass


class TestIndex(OnOurs, test_index.TestIndex):
    def setUp(self):
        super().setUp()
        # The first column of `_partner_assigned_idx`; Odoo's list leaves out such fields of its own.
        covered = {"dealer.crm.lead.partner_assigned_id"}
        ignored = test_index.BTREE_INDEX_IGNORE_FIELDS | covered
        self.startPatcher(patch.object(test_index, "BTREE_INDEX_IGNORE_FIELDS", ignored))


class TestJsTranslations(OnOurs, test_jstranslate.TestJsTranslations):
    pass


class TestManifests(OnOurs, test_manifests.ManifestLinter):
    def setUp(self):
        super().setUp()
        # Odoo reads `excludes`, OCA's tools the others; no addon of Odoo has these keys.
        ours = {"excludes", "maintainers", "development_status"}
        known = {*test_manifests.MANIFEST_KEYS, *ours}
        self.startPatcher(patch.object(test_manifests, "MANIFEST_KEYS", known))


class TestConflictMarkers(OnOurs, test_markers.TestConflictMarkers):
    def test_conflict_markers(self):
        """Odoo's check reads all files beside the addons; this one only those in the addons."""
        for path in self.iter_module_files("*"):
            if path.endswith(test_markers.EXTENSIONS):
                self.check_file(path)


class TestNaming(OnOurs, test_naming.TestNaming):
    pass


class TestOnchangeDomains(OnOurs, test_onchange_domains.TestOnchangeDomains):
    pass


class TestOrmImport(OnOurs, test_orm_import.TestDunderinit):
    pass


class TestOverrideSignatures(OnOurs, test_override_signatures.TestLintOverrideSignatures):
    pass


class TestPot(OnOurs, test_pofile.PotLinter):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(test_pofile, "get_modules", lambda: ADDONS))


@pytest.mark.peers
class TestPylint(OnOurs, test_pylint.TestPyLint):
    """Odoo's own checks of SQL and of translations; they take minutes."""

    def setUp(self):
        super().setUp()
        # Check the first of our addons in place of Odoo's code.
        place = property(lambda _config: self.manifests[0].path)
        self.startPatcher(patch.object(type(tools.config), "root_path", place))
        program = str(Path(sys.executable).with_name("pylint"))
        self.startPatcher(patch.object(test_pylint, "which", lambda _name: program))
        self.startPatcher(patch.object(subprocess, "run", partial(self.run_pylint, subprocess.run)))

    def run_pylint(self, run, command, **options):
        """Ignore unknown checks: our comments name some of pylint-odoo."""
        return run([*command, "--disable=unknown-option-value"], **options)


class TestRoutes(OnOurs, test_routes.RoutesLinter):
    pass


class TestHoles(OnOurs, test_test_holes.TestTestHoles):
    pass
