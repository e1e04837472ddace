"""The same examples every time, however long one of them takes on a busy machine."""

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same")
