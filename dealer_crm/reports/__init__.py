from . import dealer_crm_pipeline_report
from . import dealer_crm_response_report
