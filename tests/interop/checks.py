"""Counts checks and prints a line for each."""

import contextlib
import json
import os
import traceback
import urllib.request

passed = 0
failed = 0


@contextlib.contextmanager
def check(name):
    """One check: it fails when its block raises."""
    global passed, failed
    try:
        yield
    except Exception:  # a failed check must not hide the others
        failed += 1
        print(f"FAIL {name}", flush=True)
        traceback.print_exc()
    else:
        passed += 1
        print(f"ok   {name}", flush=True)


@contextlib.contextmanager
def refused(name, kind, **expected):
    """A check that the block raises `kind` with these attributes."""
    with check(name):
        try:
            yield
        except kind as error:
            found = {key: getattr(error, key) for key in expected}
            assert found == expected, f"{found} is not {expected}: {error}"
        else:
            raise AssertionError("was not refused")


class Cloud:
    """Where the sandbox is and as whom to call it."""

    endpoint = os.environ["FAASCMD_ENDPOINT"]
    region = os.environ["FAASCMD_REGION"]
    bucket = os.environ["FAASCMD_BUCKET"]
    instance = os.environ["FAASCMD_INSTANCE_ID"]
    role = os.environ["FAASCMD_ROLE_ARN"]
    key_id = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
    secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    credentials_uri = f"{endpoint}/.sandbox/credentials?key={secret}"


KEYS = ["dir/plain.bin", "目录/文件 1.bin", "a b+c.bin", "sp&e=c?i#al%20~*'()!@$,;:[].txt", "emoji😀.bin"]
"""Spellings that a signature gets wrong first."""


def temporary_key():
    """Id, secret and token of temporary credentials, from the sandbox's credentials URI."""
    with urllib.request.urlopen(Cloud.credentials_uri, timeout=60) as answer:
        given = json.load(answer)
    return given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"]
