from . import answer
from . import leads
from . import portal
