"""The official default chain, as a program of its own: it reads its variables when it is imported."""

import json
import os
import sys
from urllib.parse import urlparse

from alibabacloud_credentials.provider import DefaultCredentialsProvider
from Tea.core import TeaCore


def to_the_sandbox():
    """The providers know fixed hosts, by https: turns their requests to the sandbox."""
    send, here = TeaCore.do_action, urlparse(os.environ["FAASCMD_ENDPOINT"])

    def turned(request, *rest):
        request.protocol, request.port = "http", here.port
        request.headers["host"] = here.hostname
        return send(request, *rest)

    TeaCore.do_action = staticmethod(turned)


if __name__ == "__main__":
    to_the_sandbox()
    try:
        found = DefaultCredentialsProvider().get_credentials()
    except Exception as error:  # whatever it is, the chain gave nothing
        sys.exit(str(error))
    print(json.dumps([found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token()]))
