from . import dealer_crm_partner_level
from . import res_partner
from . import website
