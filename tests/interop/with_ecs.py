"""The older official client of ECS (`aliyun-python-sdk-ecs`, V1 signatures): the whole life of three instances."""

import base64
import contextlib
import datetime
import json
import os
import time

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.request import CommonRequest
from aliyunsdkcore.utils import parameter_helper
from aliyunsdkecs.request import v20140526 as ecs
from checks import Cloud, check, refused
from with_core import HOST, call, client

VSWITCH = os.environ["FAASCMD_VSWITCH"]
GROUP = os.environ["FAASCMD_SECURITY_GROUP"]
IMAGE = os.environ["FAASCMD_ECS_IMAGE"]
TYPE = "ecs.f3-c4f1.xlarge"
OVER = {"Success", "Failed", "Invalid", "Aborted", "Timeout", "Error", "Cancelled", "Terminated"}
# The fields of an instance that the facts name, and that a fleet works with.
FIELDS = {
    "InstanceId", "InstanceName", "HostName", "Status", "InstanceType", "ImageId", "ZoneId", "RegionId", "CreationTime",
    "StartTime", "ExpiredTime", "AutoReleaseTime", "InstanceChargeType", "SpotStrategy", "StoppedMode", "Cpu", "Memory",
    "PublicIpAddress", "EipAddress", "VpcAttributes", "SecurityGroupIds", "Tags", "OperationLocks", "DeletionProtection",
}  # fmt: skip


def until(name, look, seconds=300):
    """Looks until there is something to see."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{name}: not within {seconds} s")


def order(**others):
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
    given = {"ImageId": IMAGE, "InstanceType": TYPE, "VSwitchId": VSWITCH, "SecurityGroupId": GROUP}
    given |= {"InstanceName": "sdk-[1,3]", "Amount": 3, "AutoReleaseTime": later.strftime("%Y-%m-%dT%H:%M:00Z")}
    return given | {"Tags": [{"Key": "team", "Value": "interop"}]} | others


def instances(**given):
    return call(ecs, "DescribeInstances", **given)["Instances"]["Instance"]


def of(ids, status):
    def look():
        found = instances(InstanceIds=json.dumps(ids))
        return found if len(found) == len(ids) and all(i["Status"] == status for i in found) else None

    return until(status, look)


def refuses(name, status, code):
    return refused(f"ecs: {name}", ServerException, http_status=status, error_code=code)


def run():
    ids = made()
    commands(ids)
    released(ids)
    refusals()
    as_the_cli_calls()


def made():
    with check("ecs: three instances are made, once, and run"):
        given = order(ClientToken="interop-1")
        answer = call(ecs, "RunInstances", **given)
        ids = answer["InstanceIdSets"]["InstanceIdSet"]
        again = call(ecs, "RunInstances", **given)["InstanceIdSets"]["InstanceIdSet"]
        assert len(ids) == 3 and again == ids, (ids, again)
        found = of(ids, "Running")
        assert sorted(i["InstanceName"] for i in found) == ["sdk-001", "sdk-002", "sdk-003"], found
        missing = FIELDS - set(found[0])
        assert not missing, missing
    with check("ecs: they are found by their tag, ten a page unless more are asked for"):
        tag = [{"Key": "team", "Value": "interop"}]
        assert {i["InstanceId"] for i in instances(Tags=tag)} == set(ids)
        page = call(ecs, "DescribeInstances", Tags=tag, PageSize=2)
        assert len(page["Instances"]["Instance"]) == 2 and page["TotalCount"] == 3, page
        states = call(ecs, "DescribeInstanceStatus", InstanceIds=ids)["InstanceStatuses"]["InstanceStatus"]
        assert {s["Status"] for s in states} == {"Running"}, states
    return ids


def commands(ids):
    with check("ecs: the assistants come online"):

        def look():
            answer = call(ecs, "DescribeCloudAssistantStatus", InstanceIds=ids)
            rows = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
            return len(rows) == 3 and all(row["CloudAssistantStatus"] == "true" for row in rows)

        until("online", look, 120)
    with check("ecs: a command runs on all, and its output is Base64"):
        invocation = call(
            ecs, "RunCommand", Type="RunShellScript", CommandContent="echo out; echo err >&2; exit 3", InstanceIds=ids
        )
        rows = results(invocation["InvokeId"], 3)
        assert {base64.b64decode(row["Output"]) for row in rows} == {b"out\nerr\n"}, rows
        assert {(row["InvocationStatus"], row["ExitCode"], row["ErrorCode"]) for row in rows} == {
            ("Failed", 3, "ExitCodeNonzero")
        }, rows
        assert all(row["FinishedTime"] and row["Dropped"] == 0 for row in rows), rows
    with check("ecs: a file is put on them, and a command sees it"):
        sent = call(ecs, "SendFile", Name="note", TargetDir="/tmp/interop", Content="hello", InstanceIds=ids[:1])

        def look():
            files = call(ecs, "DescribeSendFileResults", InvokeId=sent["InvokeId"])["Invocations"]["Invocation"]
            return files and files[0]["InvocationStatus"] not in ("Pending", "Running") and files[0]

        file = until("sent", look)
        assert file["InvocationStatus"] == "Success", file
        assert file["InvokeInstances"]["InvokeInstance"][0]["FinishTime"], file


def results(invoke_id, count):
    def look():
        given = {"InvokeId": invoke_id, "MaxResults": 50}
        rows = call(ecs, "DescribeInvocationResults", **given)["Invocation"]["InvocationResults"]["InvocationResult"]
        return rows if len(rows) == count and all(row["InvocationStatus"] in OVER for row in rows) else None

    return until("results", look)


def released(ids):
    with refuses("a running instance is not released without force", 403, "IncorrectInstanceStatus"):
        call(ecs, "DeleteInstance", InstanceId=ids[0])
    with check("ecs: they stop without cost, start, and are released"):
        call(ecs, "StopInstances", InstanceIds=ids, StoppedMode="StopCharging", BatchOptimization="SuccessFirst")
        assert {i["StoppedMode"] for i in of(ids, "Stopped")} == {"StopCharging"}
        call(ecs, "StartInstance", InstanceId=ids[0])
        of(ids[:1], "Running")
        answer = call(ecs, "DeleteInstances", InstanceIds=ids, Force=True)
        assert set(answer) == {"RequestId"}, answer
        until("gone", lambda: not instances(InstanceIds=json.dumps(ids)))


def refusals():
    with refuses("an instance that is protected is not released", 403, "InvalidOperation.DeletionProtection"):
        call(ecs, "DeleteInstance", InstanceId=Cloud.instance, Force=True)
    with refuses("what is gone is gone", 404, "InvalidInstanceId.NotFound"):
        call(ecs, "StartInstance", InstanceId="i-bp1gone")
    with refuses("no more than a hundred at once", 403, "InvalidParam.Amount"):
        call(ecs, "RunInstances", **order(Amount=101))
    with refuses("a type that is not sold", 400, "InvalidInstanceType.ValueNotSupported"):
        call(ecs, "RunInstances", **order(InstanceType="ecs.f9-c1f1.large"))
    with refuses("a token with another order", 400, "IdempotentParameterMismatch"):
        call(ecs, "RunInstances", **order(ClientToken="interop-1", Amount=2))
    with refuses("a dry run that would do is told by an error", 400, "DryRunOperation"):
        call(ecs, "RunInstances", **order(DryRun=True))
    # The SDK compares the server's string to sign with its own, and finds the secret at fault.
    with refuses("a wrong key", 400, "InvalidAccessKeySecret"):
        call(ecs, "DescribeInstances", by=client((Cloud.key_id, "wrong")))
    with stale_nonce(), refuses("a stale nonce", 400, "SignatureNonceUsed"):
        call(ecs, "DescribeRegions")
        call(ecs, "DescribeRegions")


@contextlib.contextmanager
def stale_nonce():
    """The SDK signs with one and the same nonce."""
    fresh, nonce = parameter_helper.get_uuid, parameter_helper.get_uuid()
    parameter_helper.get_uuid = lambda: nonce
    try:
        yield
    finally:
        parameter_helper.get_uuid = fresh


def as_the_cli_calls():
    with check("ecs: the aliyun CLI's way: GET, all parameters in the query"):
        # `aliyun ecs DescribeInstances --PageSize 1` signs so: it is the same client class in Go.
        request = CommonRequest(domain=HOST, version="2014-05-26", action_name="DescribeInstances")
        request.set_protocol_type("http")
        request.set_method("GET")
        request.add_query_param("RegionId", Cloud.region)
        request.add_query_param("PageSize", 1)
        answer = json.loads(client().do_action_with_exception(request))
        assert answer["PageSize"] == 1 and answer["Instances"]["Instance"], answer
