from . import crm_stage
from . import bpo_dealer
from . import bpo_dealer_callback
from . import crm_lead
from . import crm_lead_endorse
from . import crm_lead_callback
from . import crm_lead_outcome
from . import crm_lead_tracking
