"""`faascmd auth` and the official RAM client on one role and one policy: neither spoils what the other wrote."""

import json
import subprocess

from aliyunsdkram.request import v20150501 as ram
from checks import Cloud, check
from with_core import TRUST, call, statement

POLICY = {"PolicyName": "faasPolicy"}
NAMED = {"PolicyType": "Custom", **POLICY}
ROLE = {"RoleName": "AliyunFAASDefaultRole"}
THEIRS = statement(Action="oss:*", Resource="acs:oss:*:*:colleague/*")


def faascmd(*arguments):
    done = subprocess.run(["faascmd", *arguments], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout


def statements():
    document = call(ram, "GetPolicy", **NAMED)["DefaultPolicyVersion"]["PolicyDocument"]
    return json.loads(document)["Statement"]


def run():
    with check("auth: what the SDK wrote stays"):
        call(ram, "CreatePolicy", PolicyDocument=THEIRS, **POLICY)
        faascmd("auth", "--bucket", Cloud.bucket, "--quiet")
        ours = statements()
        assert ours[0] == json.loads(THEIRS)["Statement"][0], ours
        assert f"acs:oss:*:*:{Cloud.bucket}/*" in ours[1]["Resource"], ours
        attached = call(ram, "ListPoliciesForRole", **ROLE)["Policies"]["Policy"]
        assert "faasPolicy" in [each["PolicyName"] for each in attached], attached
    with check("auth: what the SDK writes after it stays, too"):
        call(ram, "CreatePolicyVersion", PolicyDocument=THEIRS, SetAsDefault=True, **POLICY)
        call(ram, "UpdateRole", NewAssumeRolePolicyDocument=TRUST, **ROLE)
        faascmd("auth", "--quiet")
        assert statements() == ours, statements()
        assert call(ram, "GetRole", **ROLE)["Role"]["AssumeRolePolicyDocument"] == TRUST
    with check("auth: the old tool's command takes down what both made"):
        answer = json.loads(faascmd("delete_policy", "--quiet").splitlines()[0])
        assert answer == {"PolicyName": "faasPolicy", "PolicyType": "Custom"}, answer
        attached = call(ram, "ListPoliciesForRole", **ROLE)["Policies"]["Policy"]
        assert "faasPolicy" not in [each["PolicyName"] for each in attached], attached
