from . import dealer_crm_settings
