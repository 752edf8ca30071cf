"""A setting for Arrow that has to be made before pandas loads it, so this comes first.

Arrow's own memory pool keeps what it no longer needs: a parse of the speeches holds a sixth less with
the system's, and takes less time. Where pandas was imported before kzpolicy, or the variable is set
already, things stay as they are; results are the same either way.
"""

import os

os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
