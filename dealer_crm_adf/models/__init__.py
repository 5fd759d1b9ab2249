from . import dealer_crm_lead
from . import dealer_crm_lead_mail
from . import mail_thread
