"""The providers of `alibabacloud-credentials` get keys from the sandbox that its services take."""

import os
import tempfile

from alibabacloud_credentials.provider import (
    EcsRamRoleCredentialsProvider,
    OIDCRoleArnCredentialsProvider,
    RamRoleArnCredentialsProvider,
    URLCredentialsProvider,
)
from aliyunsdksts.request import v20150401 as sts
from checks import Cloud, check
from official import to_the_sandbox
from with_core import ACCOUNT, OPERATOR, call, temporary

# {"alg":"none"} . {"sub":"sandbox"} . anything
OIDC_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzYW5kYm94In0.eA"


def run():
    to_the_sandbox()
    with tempfile.NamedTemporaryFile("w", suffix=".jwt") as file:
        file.write(OIDC_TOKEN)
        file.flush()
        for name, role, provider in providers(file.name):
            with check(f"credentials: {name}"):
                found = provider().get_credentials()
                key = (found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token())
                arn = call(sts, "GetCallerIdentity", temporary(*key))["Arn"]
                assert arn.startswith(f"acs:ram::{ACCOUNT}:assumed-role/{role}/"), arn


def providers(token_file):
    """Name, role and maker of each provider."""
    instance = dict(async_update_enabled=False)
    yield "the instance's role", "SandboxInstanceRole", lambda: EcsRamRoleCredentialsProvider(**instance)
    yield (
        "the instance's role, v2 only",
        "SandboxInstanceRole",
        lambda: EcsRamRoleCredentialsProvider(disable_imds_v1=True, **instance),
    )
    uri = Cloud.credentials_uri
    yield "a credentials URI", "SandboxOperatorRole", lambda: URLCredentialsProvider(uri=uri)
    yield (
        "a role by its ARN",
        "SandboxOperatorRole",
        lambda: RamRoleArnCredentialsProvider(
            access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            role_arn=OPERATOR,
            role_session_name="interop",
        ),
    )
    yield (
        "an OIDC token",
        "SandboxOidcRole",
        lambda: OIDCRoleArnCredentialsProvider(
            role_arn=f"acs:ram::{ACCOUNT}:role/SandboxOidcRole",
            oidc_provider_arn=f"acs:ram::{ACCOUNT}:oidc-provider/sandbox",
            oidc_token_file_path=token_file,
            role_session_name="interop",
        ),
    )
