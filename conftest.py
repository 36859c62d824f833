"""Settings of all tests: no deadlines, since no result may depend on the machine's speed; a thread per test process."""

import os

import hypothesis

os.environ.setdefault("OMP_NUM_THREADS", "1")
hypothesis.settings.register_profile("zoo", deadline=None)
hypothesis.settings.load_profile("zoo")
