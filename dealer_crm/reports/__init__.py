from . import dealer_crm_response_report
