from .app import make_app as make_app
from .bearer import Bearer as Bearer
from .guard import Guard as Guard
from .settings import Settings as Settings
