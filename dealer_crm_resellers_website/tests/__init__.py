from . import test_map_view
from . import test_partner_page
from . import test_partners_list
from . import test_partners_map
from . import test_partners_queries
from . import test_partners_rights
from . import test_partners_tours
