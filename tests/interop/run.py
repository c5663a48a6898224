"""Clients that nobody here wrote, against the sandbox: `faascmd sandbox -- python tests/interop/run.py`."""

import sys

import checks
import with_oss2
import with_oss_v2

for client in [with_oss2, with_oss_v2]:
    client.run()
print(f"{checks.passed} passed, {checks.failed} failed")
sys.exit(1 if checks.failed else 0)
