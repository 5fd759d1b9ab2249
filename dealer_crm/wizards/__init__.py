from . import base_import
from . import dealer_crm_callback_reason
from . import dealer_crm_lead_call
from . import dealer_crm_lead_customer
from . import dealer_crm_lead_lost
from . import dealer_crm_lead_reopen
from . import dealer_crm_settings
