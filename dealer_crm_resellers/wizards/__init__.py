from . import account_move_reversal
from . import base_partner_merge
from . import dealer_crm_assignment_decline
from . import dealer_crm_commission_decide
from . import dealer_crm_commission_statement
from . import dealer_crm_lead_assign
from . import dealer_crm_settings
