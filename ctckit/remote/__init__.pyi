from .fetching import fetch as fetch
from .fetching import fetched as fetched
from .publish import Publisher as Publisher
from .publish import publishing as publishing
