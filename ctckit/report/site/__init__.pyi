from .runtime import find_runtime as find_runtime
from .site import write_site as write_site
