"""Clients that nobody here wrote, against the sandbox: `faascmd sandbox -- python tests/interop/run.py`."""

import sys

import checks
import with_auth
import with_chains
import with_core
import with_credentials
import with_ecs
import with_ecs_v3
import with_oss2
import with_oss_v2
import with_seeds
import with_v3

# The last one turns the requests of the library that it shares with others to the sandbox.
clients = [with_oss2, with_oss_v2, with_core, with_v3, with_auth, with_ecs, with_ecs_v3, with_seeds, with_chains]
for client in [*clients, with_credentials]:
    client.run()
print(f"{checks.passed} passed, {checks.failed} failed")
sys.exit(1 if checks.failed else 0)
