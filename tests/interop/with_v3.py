"""The newer generation of the official SDKs (`alibabacloud_tea_openapi`), which signs by headers: ACS3-HMAC-SHA256."""

from urllib.parse import urlparse

from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi import models as openapi
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_util.models import RuntimeOptions
from checks import Cloud, check, refused
from Tea.exceptions import TeaException

OPERATOR = Cloud.role.replace(Cloud.role.split("/")[-1], "SandboxOperatorRole")


def config(key_id=Cloud.key_id, secret=Cloud.secret, token=None):
    return openapi.Config(
        access_key_id=key_id,
        access_key_secret=secret,
        security_token=token,
        endpoint=urlparse(Cloud.endpoint).netloc,
        protocol="http",
        region_id=Cloud.region,
    )


def refuses(name, code):
    return refused(f"v3: {name}", TeaException, code=code)


def temporary():
    request = sts_models.AssumeRoleRequest(role_arn=OPERATOR, role_session_name="v3 é~*+".encode().hex())
    given = Sts(config()).assume_role(request).body.credentials
    return given.access_key_id, given.access_key_secret, given.security_token


def call_api(action, query=None, body=None):
    """The client without a product's classes, as tools use it for actions that no SDK knows, FaaS's among them."""
    params = openapi.Params(
        action=action,
        version="2017-08-24",
        protocol="HTTP",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    request = openapi.OpenApiRequest(query=query, body=body)
    return Client(config()).call_api(params, request, RuntimeOptions())["body"]


def run():
    with check("v3: who am I"):
        assert Sts(config()).get_caller_identity().body.identity_type == "RAMUser"
    with check("v3: temporary credentials with their token"):
        body = Sts(config(*temporary())).get_caller_identity().body
        assert body.identity_type == "AssumedRoleUser", body
    with check("v3: a role is made, read and deleted, in every character"):
        trust = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":'
        trust += '{"Service":["faas.aliyuncs.com"]}}]}'
        ram = Ram(config())
        description = "镜像 é ~*+ / a=b&c=d"
        ram.create_role(
            ram_models.CreateRoleRequest(
                role_name="v3-role", assume_role_policy_document=trust, description=description
            )
        )
        role = ram.get_role(ram_models.GetRoleRequest(role_name="v3-role")).body.role
        assert role.description == description, role
        ram.delete_role(ram_models.DeleteRoleRequest(role_name="v3-role"))
    with check("v3: parameters in the query"):
        assert call_api("DescribeFpgaImages", query={"Name": "a+b c~*/文"})["FpgaImages"] is not None
    with check("v3: parameters in a form"):
        found = call_api("DescribeFpgaInstances", body={"InstanceId": Cloud.instance, "RoleArn": Cloud.role})
        assert len(found["Instances"]["instance"]) == 2, found
    with check("v3: a wrong secret is answered with the string that the service signed"):
        try:
            Sts(config(secret="wrong")).get_caller_identity()
        except TeaException as error:
            assert error.code == "SignatureDoesNotMatch", error
            assert "ACS3-HMAC-SHA256" in error.message, error.message
        else:
            raise AssertionError("was not refused")
    with refuses("an unknown key", "InvalidAccessKeyId.NotFound"):
        Sts(config(key_id="LTAInone")).get_caller_identity()
    key_id, secret, token = temporary()
    with refuses("a token of another key", "InvalidSecurityToken.MismatchWithAccessKey"):
        Sts(config(token=token)).get_caller_identity()
    with refuses("a temporary key without its token", "MissingSecurityToken"):
        Sts(config(key_id, secret)).get_caller_identity()
