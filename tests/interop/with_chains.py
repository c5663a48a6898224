"""The official default chain and ours, with the same files, variables and services: both must choose the same caller.

Where they differ, the reason stands in the scenario, and `docs/credentials.md` lists it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from aliyunsdksts.request import v20150401 as sts
from checks import Cloud, check
from with_core import ACCOUNT, OPERATOR, call, client, temporary

USER = "user/faas-engineer"
INSTANCE = "assumed-role/SandboxInstanceRole/"
OF_URI = "assumed-role/SandboxOperatorRole/credentials-uri"
OIDC_PROVIDER = f"acs:ram::{ACCOUNT}:oidc-provider/sandbox"
OIDC_ROLE = f"acs:ram::{ACCOUNT}:role/SandboxOidcRole"
# {"alg":"none"} . {"sub":"sandbox"} . anything
OIDC_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzYW5kYm94In0.eA"
KEY = {"access_key_id": Cloud.key_id, "access_key_secret": Cloud.secret}
ENVIRONMENT = {"ALIBABA_CLOUD_ACCESS_KEY_ID": Cloud.key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": Cloud.secret}
URI = {"ALIBABA_CLOUD_CREDENTIALS_URI": Cloud.credentials_uri}
NO_INSTANCE = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}


def cli(current, *profiles):
    return {".aliyun/config.json": json.dumps({"current": current, "profiles": profiles})}


def profile(mode, name="p", **fields):
    return {"name": name, "mode": mode, **fields}


def ini(**fields):
    lines = "".join(f"{name} = {value}\n" for name, value in fields.items())
    return {".alibabacloud/credentials.ini": f"[default]\n{lines}"}


def role(session):
    return {"ram_role_arn": OPERATOR, "ram_session_name": session, "expired_seconds": 900}


OURS = {".faascredentials": f"[FaaSCredentials]\naccessid={Cloud.key_id}\naccesskey={Cloud.secret}\n"}
AK = cli("p", profile("AK", **KEY))
HALF = cli("p", profile("AK", access_key_id="x"))
TOKEN = {"token": OIDC_TOKEN}
OIDC = {
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "token",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": OIDC_PROVIDER,
    "ALIBABA_CLOUD_ROLE_ARN": OIDC_ROLE,
    "ALIBABA_CLOUD_ROLE_SESSION_NAME": "both",
}
PROFILE_OIDC = profile(
    "OIDC", oidc_provider_arn=OIDC_PROVIDER, oidc_token_file="token", ram_role_arn=OIDC_ROLE, role_session_name="both"
)
CHAINED = [profile("ChainableRamRoleArn", source_profile="k", **role("both")), profile("AK", name="k", **KEY)]
EXTERNAL = profile("External", process_command="cat 'key file.json'")
PRINTED = {"key file.json": json.dumps({"mode": "AK", **KEY})}

# Name, files below HOME, variables, the caller that both choose.
SAME = [
    ("the environment before a profile", cli("p", profile("AK", access_key_id="x", access_key_secret="y")), ENVIRONMENT, USER),
    ("an OIDC token of the environment", TOKEN, OIDC, "assumed-role/SandboxOidcRole/both"),
    ("an OIDC token before a profile", TOKEN | AK, OIDC, "assumed-role/SandboxOidcRole/both"),
    ("a profile with a key", AK, {}, USER),
    ("a profile that assumes a role", cli("p", profile("RamRoleArn", **KEY, **role("both"))), {}, "SandboxOperatorRole/both"),
    ("a profile of the instance's role", cli("p", profile("EcsRamRole", ram_role_name="SandboxInstanceRole")), {}, INSTANCE),
    ("a profile of another profile", cli("p", *CHAINED), {}, "SandboxOperatorRole/both"),
    ("a profile with an OIDC token", TOKEN | cli("p", PROFILE_OIDC), {}, "assumed-role/SandboxOidcRole/both"),
    ("a profile that runs a program", PRINTED | cli("p", EXTERNAL), {}, USER),
    ("a profile named by a variable", cli("none", profile("AK", **KEY)), {"ALIBABA_CLOUD_PROFILE": "p"}, USER),
    ("a profile that is switched off", AK, {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}, INSTANCE),
    ("a profile before the shared file", AK | ini(type="access_key", access_key_id="x", access_key_secret="y"), {}, USER),
    ("the shared file with a key", ini(type="access_key", **KEY), {}, USER),
    (
        "the shared file with a role",
        ini(type="ram_role_arn", role_arn=OPERATOR, role_session_name="both", **KEY),
        {},
        "SandboxOperatorRole/both",
    ),
    ("the shared file with the instance's role", ini(type="ecs_ram_role"), {}, INSTANCE),
    ("the instance's role", {}, {}, INSTANCE),
    ("the instance's role by version 2 alone", {}, {"ALIBABA_CLOUD_IMDSV1_DISABLED": "true"}, INSTANCE),
    ("a credentials URI", {}, URI | NO_INSTANCE, OF_URI),
    ("nothing at all", {}, NO_INSTANCE, None),
]

# Name, files, variables, theirs, ours, reason.
DIFFERENT = [
    ("our credentials file", OURS, {}, INSTANCE, USER, "it is the old tool's, and not known there"),
    ("a URI on an instance", {}, URI, INSTANCE, OF_URI, "behind the instance's role its turn would never come"),
    ("half a key in a profile", HALF, {}, INSTANCE, None, "what is meant and broken must not let another act"),
    ("half a key in the environment", {}, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"}, INSTANCE, None, "the same"),
    (
        "a profile that asks a URL",
        cli("p", profile("CredentialsURI", credentials_uri=URI["ALIBABA_CLOUD_CREDENTIALS_URI"])),
        {},
        INSTANCE,
        OF_URI,
        "the aliyun CLI has this mode",
    ),
    (
        "the Go SDKs' name of the shared file",
        {".alibabacloud/credentials": ini(type="access_key", **KEY)[".alibabacloud/credentials.ini"]},
        {},
        INSTANCE,
        USER,
        "the Python and the Go SDKs name it differently; both names are read",
    ),
]


def run():
    for name, files, variables, caller in SAME:
        with check(f"chains: {name}"):
            agree(files, variables, caller, caller)
    for name, files, variables, theirs, ours, reason in DIFFERENT:
        with check(f"chains differ: {name} ({reason})"):
            agree(files, variables, theirs, ours)


def agree(files, variables, theirs, ours):
    with tempfile.TemporaryDirectory() as home:
        for name, text in files.items():
            path = Path(home, name)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(text)
            path.chmod(0o600)
        passed_on = ["PATH", "FAASCMD_ENDPOINT", "FAASCMD_REGION", "FAASCMD_BUCKET", "FAASCMD_ROLE_ARN"]
        environment = {name: os.environ[name] for name in passed_on} | {"HOME": home} | variables
        found = {"theirs": official(home, environment), "ours": faascmd(home, environment)}
        for who, wanted in (("theirs", theirs), ("ours", ours)):
            arn = found[who]
            assert (arn is None) == (wanted is None) and (wanted is None or wanted in arn), f"{who}: {arn}"


def official(home, environment):
    """The ARN of whom the official chain chooses; None if nobody."""
    script = Path(__file__).with_name("official.py")
    ran = subprocess.run([sys.executable, script], cwd=home, env=environment, capture_output=True, text=True)
    if ran.returncode != 0:
        return None
    key_id, secret, token = json.loads(ran.stdout)
    by = temporary(key_id, secret, token) if token else client((key_id, secret))
    return call(sts, "GetCallerIdentity", by)["Arn"]


def faascmd(home, environment):
    """The ARN of whom `faascmd` chooses; None if nobody."""
    ran = subprocess.run(
        ["faascmd", "doctor", "-o", "json"], cwd=home, env=environment, capture_output=True, text=True
    )
    checks = {check["name"]: check for check in json.loads(ran.stdout)["items"]}
    return checks["caller"].get("facts", {}).get("arn")
