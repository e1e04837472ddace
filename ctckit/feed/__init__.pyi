from .batches import BatchMaker as BatchMaker
from .batches import BatchPlan as BatchPlan
from .cache import CacheRoom as CacheRoom
from .cache import cache_room as cache_room
from .order import epoch_order as epoch_order
from .processes import BatchProcesses as BatchProcesses
from .stream import in_order as in_order
