"""``hypothesis``, where it is installed.

Odoo imports the tests of every addon before it runs any: elsewhere only the tests that need it are missing.
"""

import unittest
from unittest.mock import MagicMock

try:
    from hypothesis import assume, given, settings
    from hypothesis import strategies as st
except ImportError:
    assume = st = MagicMock()

    def settings(**_options):
        return lambda test: test

    def given(*_strategies, **_named):
        return unittest.skip("hypothesis is not installed")
