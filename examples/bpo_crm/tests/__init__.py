from . import test_callback
from . import test_callback_batch
from . import test_dealer
from . import test_endorse
from . import test_payload
from . import test_rpc
from . import test_stage
from . import test_transport
