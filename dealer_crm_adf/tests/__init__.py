from . import test_adf
from . import test_field_rights
from . import test_receive
from . import test_samples
