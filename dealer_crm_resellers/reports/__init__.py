from . import dealer_crm_partnership_report
