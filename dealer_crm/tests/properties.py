"""``hypothesis``, or stand-ins that skip its tests when it is not installed.

Odoo imports the tests of all addons before it runs any, so a missing package must not fail the import.
"""

import unittest
from unittest.mock import MagicMock

try:
    from hypothesis import HealthCheck, Phase, assume, given, settings
    from hypothesis import strategies as st

    # No limits of time: the first example waits until all sources were searched for constants.
    settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("suite")
except ImportError:
    HealthCheck = Phase = assume = st = MagicMock()

    def settings(**_options):
        return lambda test: test

    def given(*_strategies, **_named):
        return unittest.skip("hypothesis is not installed")
