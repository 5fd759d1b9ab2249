from . import dealer_crm_partner_level
from . import ir_http
from . import res_partner
from . import website
