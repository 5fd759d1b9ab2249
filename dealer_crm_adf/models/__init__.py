from . import dealer_crm_lead
from . import dealer_crm_lead_mail
from . import dealer_crm_lead_merge
from . import mail_thread
