from . import test_stage
from . import test_callback
from . import test_stage_upgrade
