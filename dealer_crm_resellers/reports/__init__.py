from . import dealer_crm_commission_statement
from . import dealer_crm_partnership_report
