from .folder import FOLDER as FOLDER
from .folder import FOLDERS as FOLDERS
from .folder import LARGE as LARGE
from .folder import LARGE_RATE as LARGE_RATE
from .folder import NAME as NAME
from .folder import NETWORK as NETWORK
from .folder import find_run as find_run
