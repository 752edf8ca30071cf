"""Settings of the tests: on a server invented cases are the same in every run."""

import os

from hypothesis import settings

settings.register_profile("server", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("server")
