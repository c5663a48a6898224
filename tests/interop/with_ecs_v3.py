"""The newer official client of ECS (`alibabacloud_ecs20140526`, ACS3-HMAC-SHA256): the same life once more."""

import base64
import json

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi import models as open_api
from alibabacloud_tea_openapi.utils import Utils
from checks import Cloud, check, refused
from Tea.exceptions import TeaException
from with_ecs import GROUP, IMAGE, OVER, TYPE, VSWITCH, until
from with_core import HOST


def client(secret=Cloud.secret, key_id=Cloud.key_id):
    config = open_api.Config(access_key_id=key_id, access_key_secret=secret, region_id=Cloud.region)
    config.endpoint, config.protocol = HOST, "http"
    return Client(config)


def order(**others):
    given = {"image_id": IMAGE, "instance_type": TYPE, "v_switch_id": VSWITCH, "security_group_id": GROUP}
    given |= {"region_id": Cloud.region, "instance_name": "v3-[1,3]", "amount": 3}
    return models.RunInstancesRequest(**given | others)


def instances(ids):
    request = models.DescribeInstancesRequest(region_id=Cloud.region, instance_ids=json.dumps(ids))
    return client().describe_instances(request).body.instances.instance


def refuses(name, status, code):
    return refused(f"ecs v3: {name}", TeaException, statusCode=status, code=code)


def run():
    by = client()
    with check("ecs v3: three instances are made, and read by the SDK's own types"):
        ids = by.run_instances(order(client_token="interop-v3")).body.instance_id_sets.instance_id_set
        assert len(ids) == 3, ids

        def running():
            found = instances(ids)
            return found if [i.status for i in found] == ["Running"] * 3 else None

        found = until("running", running)
        assert {i.instance_type for i in found} == {TYPE} and found[0].vpc_attributes.v_switch_id == VSWITCH
        assert found[0].memory == 16384 and found[0].cpu == 4, found[0].to_map()
    with check("ecs v3: a command with its script as text runs on all"):

        def online():
            request = models.DescribeCloudAssistantStatusRequest(region_id=Cloud.region, instance_id=ids)
            rows = by.describe_cloud_assistant_status(request).body
            rows = rows.instance_cloud_assistant_status_set.instance_cloud_assistant_status
            return [row.cloud_assistant_status for row in rows] == ["true"] * 3

        until("online", online, 120)
        request = models.RunCommandRequest(
            region_id=Cloud.region, type="RunShellScript", command_content="echo 你好 {{x}}", instance_id=ids,
            enable_parameter=True, parameters={"x": "v3"}, timeout=60,
        )  # fmt: skip
        invoke_id = by.run_command(request).body.invoke_id

        def over():
            request = models.DescribeInvocationResultsRequest(region_id=Cloud.region, invoke_id=invoke_id)
            rows = by.describe_invocation_results(request).body.invocation.invocation_results.invocation_result
            return rows if len(rows) == 3 and all(row.invocation_status in OVER for row in rows) else None

        rows = until("over", over)
        assert {base64.b64decode(row.output).decode() for row in rows} == {"你好 v3\n"}, rows
    with check("ecs v3: they are released"):
        by.delete_instances(models.DeleteInstancesRequest(region_id=Cloud.region, instance_id=ids, force=True))
        until("gone", lambda: not instances(ids))
    with refuses("no more than a hundred at once", 403, "InvalidParam.Amount"):
        by.run_instances(order(amount=101))
    with refuses("a wrong key", 400, "SignatureDoesNotMatch"):
        client("wrong").describe_regions(models.DescribeRegionsRequest())
    fresh, nonce = Utils.get_nonce, Utils.get_nonce()
    Utils.get_nonce = staticmethod(lambda: nonce)
    try:
        with refuses("a stale nonce", 400, "SignatureNonceUsed"):
            client().describe_regions(models.DescribeRegionsRequest())
            client().describe_regions(models.DescribeRegionsRequest())
    finally:
        Utils.get_nonce = staticmethod(fresh)
