"""The official RPC client (`aliyun-python-sdk-core`) with the request classes of FaaS, RAM and STS."""

import io
import json
import tarfile
import time
import zipfile
from urllib.parse import urlparse

import oss2
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdkfaas.request import v20170824 as faas
from aliyunsdkram.request import v20150501 as ram
from aliyunsdksts.request import v20150401 as sts
from checks import Cloud, check, refused

HOST = urlparse(Cloud.endpoint).netloc
ACCOUNT = Cloud.role.split(":")[3]
OPERATOR = f"acs:ram::{ACCOUNT}:role/SandboxOperatorRole"
ROOT = ("LTAI5tFaascmdSandboxRoot", "SandboxRootSecret0123456789abc")
UPLOADER = ("LTAI5tFaascmdSandboxPuts", "SandboxPutsSecret0123456789abc")
DISABLED = ("LTAI5tFaascmdSandboxOff0", "SandboxOff0Secret0123456789abc")


def statement(**fields):
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", **fields}]})


TRUST = statement(Action="sts:AssumeRole", Principal={"Service": ["faas.aliyuncs.com"]})
DOCUMENT = statement(Action="oss:GetObject", Resource="acs:oss:*:*:b/*")


def client(key=(Cloud.key_id, Cloud.secret)):
    return AcsClient(*key, Cloud.region)


def temporary(key_id, secret, token):
    return AcsClient(region_id=Cloud.region, credential=StsTokenCredential(key_id, secret, token))


def call(package, action, by=None, **parameters):
    """Sends a request of an SDK's own class to the sandbox, over http."""
    module = __import__(f"{package.__name__}.{action}Request", fromlist=[action])
    request = getattr(module, f"{action}Request")()
    request.set_accept_format("json")
    request.set_protocol_type("http")
    request.set_endpoint(HOST)
    for name, value in parameters.items():
        getattr(request, f"set_{name}")(value)
    return json.loads((by or client()).do_action_with_exception(request))


def refuses(name, status, code):
    return refused(f"core: {name}", ServerException, http_status=status, error_code=code)


def run():
    objects()
    road()
    failing_build()
    faas_errors()
    keys()
    tokens()
    roles_and_policies()


def objects():
    auth = oss2.AuthV4(Cloud.key_id, Cloud.secret)
    bucket = oss2.Bucket(auth, Cloud.endpoint, Cloud.bucket, region=Cloud.region)
    bucket.put_object("dir/bit.tar.gz", package())
    bucket.put_object("text", b"no package")
    return bucket


def package():
    """A tar.gz with a checkpoint, as the packaging scripts make it."""
    xml = (
        '<?xml version="1.0"?>\n<Checkpoint Version="9" Minor="0">\n'
        '<Part Name="xcvu9p-flgb2104-2-i"/>\n</Checkpoint>\n'
    )
    checkpoint, archive = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(checkpoint, "w", zipfile.ZIP_DEFLATED) as dcp:
        dcp.writestr("cl_top.edf", "(edif cl_top)\n")
        dcp.writestr("cl_top.xdef", bytes(range(256)))
        dcp.writestr("dcp.xml", xml)
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("to_aliyun/18_06_14-200238_SH_CL_routed.dcp")
        member.size = len(checkpoint.getvalue())
        tar.addfile(member, io.BytesIO(checkpoint.getvalue()))
    return archive.getvalue()


def creation(**others):
    given = {"Bucket": Cloud.bucket, "Object": "dir/bit.tar.gz", "FpgaType": "xilinx", "ShellUUID": "f30001"}
    return {**given, "RoleArn": Cloud.role, "Encrypted": False, **others}


def end_of(uuid):
    """Waits until an image's build is over."""
    while True:
        images = call(faas, "DescribeFpgaImages")["FpgaImages"]["fpgaImage"]
        state = next(image["State"] for image in images if image["FpgaImageUUID"] == uuid)
        if state not in ("queued", "compiling"):
            return state
        time.sleep(0.05)


def road():
    with check("core: an image is built"):
        created = call(faas, "CreateFpgaImageTask", **creation(Name="镜像 é ~*+ /", Tags="a=b&c=d"))
        assert created["State"] == "queued", created
        uuid = created["FpgaImageUUID"]
        assert end_of(uuid) == "success"
    with check("core: the chips of the instance"):
        where = {"InstanceId": Cloud.instance, "RoleArn": Cloud.role}
        chips = call(faas, "DescribeFpgaInstances", **where)["Instances"]["instance"]
        chip = next(chip for chip in chips if chip["FpgaType"] == "xilinx")
    fpga = {"FpgaUUID": chip["FpgaUUID"], **where}
    load = {"FpgaType": "xilinx", "FpgaImageUUID": uuid, "FpgaImageType": "afu", "ShellUUID": chip["ShellUUID"], **fpga}
    with check("core: a load begins"):
        assert call(faas, "LoadFpgaImageTask", **load)["TaskStatus"] == "committed"
    with refuses("a second load while the first goes on", 503, "ANOTHER TASK RUNNING"):
        call(faas, "LoadFpgaImageTask", **load)
    with check("core: a load ends with the image on the chip"):
        while (status := call(faas, "DescribeLoadTaskStatus", **fpga))["TaskStatus"] != "valid":
            time.sleep(0.02)
        assert (status["FpgaImageUUID"], status["shellUUID"]) == (uuid, "f30001"), status
    with check("core: an image is renamed, published, withdrawn and deleted"):
        pair = {"FpgaImageUUID": uuid, "ImageID": "m-1"}
        call(faas, "UpdateImageAttribute", FpgaImageUUID=uuid, Name="other")
        call(faas, "PublishFpgaImage", **pair)
        published = call(faas, "DescribePublishFpgaImages", ImageID="m-1")["FpgaImages"]["fpgaImage"]
        assert [image["Name"] for image in published] == ["other"], published
        call(faas, "DeletePublishFpgaImage", **pair)
        assert call(faas, "DeleteFpgaImage", FpgaImageUUID=uuid)["FpgaImageUUID"] == uuid
    with refuses("an image that is gone", 404, "IMAGE NOT FOUND"):
        call(faas, "DeleteFpgaImage", FpgaImageUUID=uuid)


def failing_build():
    with check("core: what is no package fails and leaves its log"):
        uuid = call(faas, "CreateFpgaImageTask", **creation(Object="text"))["FpgaImageUUID"]
        assert end_of(uuid) == "failed"
        assert b"ERROR:" in objects().get_object(f"compiling_logs/{uuid}/vivado.log").read()
    with refuses("a failed image is not published", 404, "FPGA IMAGE STATE ERROR"):
        call(faas, "PublishFpgaImage", FpgaImageUUID=uuid, ImageID="m-1")


def faas_errors():
    for status, code, change in [
        (400, "PARAMETER INVALIDATE", {"FpgaType": "altera"}),
        (404, "SHELL NOT SUPPORT", {"ShellUUID": "f30002"}),
        (404, "NoSuchBucketError", {"Bucket": "no-such-bucket"}),
        (403, "AccessDeniedError", {"Bucket": "faascmd-foreign"}),
        (404, "OSS OBJECT NOT FOUND", {"Object": "none"}),
        (404, "EntityNotExist.RoleError", {"RoleArn": f"acs:ram::{ACCOUNT}:role/none"}),
        (403, "RoleAccessError", {"RoleArn": "acs:ram::1:role/AliyunFAASDefaultRole"}),
        (503, "Forbidden.KeyNotFoundError", {"Encrypted": True, "KeyId": "none"}),
    ]:
        with refuses(f"create: {code}", status, code):
            call(faas, "CreateFpgaImageTask", **creation(**change))
    with refuses("an instance of somebody else", 401, "NOT AUTHORIZED"):
        call(faas, "DescribeFpgaInstances", InstanceId="i-none")
    with refuses("an instance without chips", 404, "INSTANCE INVALIDATE"):
        call(faas, "DescribeFpgaInstances", InstanceId="i-bp1faascmdsandbox0002")
    with refuses("a chip that is not there", 404, "FPGA NOT FOUND"):
        call(faas, "DescribeLoadTaskStatus", InstanceId=Cloud.instance, FpgaUUID="0x0")
    load = {"InstanceId": Cloud.instance, "FpgaUUID": "0x6c92bf4786940500", "FpgaType": "xilinx"}
    load = {**load, "FpgaImageType": "afu", "ShellUUID": "f30001"}
    for status, code, change in [
        (404, "IMAGE NOT FOUND", {"FpgaImageUUID": "none"}),
        (401, "IMAGE ACCESS ERROR", {"FpgaImageUUID": "a8cee2f0-b8bd-11e7-879a-0dba4bf26e88"}),
        (404, "SHELL NOT MATCH", {"FpgaImageUUID": "91598d20-b802-11e7-879a-8db2aa11bb22"}),
        (401, "YOU HAVE NO ACCESS TO THIS INSTANCE", {"FpgaImageUUID": "none", "InstanceId": "i-none"}),
    ]:
        with refuses(f"load: {code}", status, code):
            call(faas, "LoadFpgaImageTask", **{**load, **change})
    with refuses("publish what is not there", 404, "FPGA IMAGE NOT FOUND"):
        call(faas, "PublishFpgaImage", FpgaImageUUID="none", ImageID="m-1")


def keys():
    # The SDK compares its own string to sign with the one in the message: they are equal, so the secret is wrong.
    with refuses("a wrong secret, as the SDK itself concludes", 400, "InvalidAccessKeySecret"):
        call(faas, "DescribeFpgaImages", client((Cloud.key_id, "wrong")))
    with refuses("an unknown key", 404, "InvalidAccessKeyId.NotFound"):
        call(faas, "DescribeFpgaImages", client(("LTAInone", "x")))
    with refuses("a key that is switched off", 400, "InvalidAccessKeyId.Inactive"):
        call(faas, "DescribeFpgaImages", client(DISABLED))
    with check("core: the root account is told who it is"):
        assert call(sts, "GetCallerIdentity", client(ROOT))["IdentityType"] == "Account"
    with refuses("the root account may not create", 403, "CALLER TYPE NOT SUPPORT"):
        call(faas, "CreateFpgaImageTask", client(ROOT), **creation())
    with refuses("a user without rights", 403, "NoPermission"):
        call(ram, "GetRole", client(UPLOADER), RoleName="AliyunFAASDefaultRole")
    with check("core: parameters in a form body"):
        request = CommonRequest(HOST, "2015-04-01", "AssumeRole")
        request.set_method("POST")
        request.set_protocol_type("http")
        request.set_accept_format("json")
        request.add_body_params("RoleArn", OPERATOR)
        request.add_body_params("RoleSessionName", "form")
        answer = json.loads(client().do_action_with_exception(request))
        assert answer["Credentials"]["SecurityToken"]


def tokens():
    with check("core: a role that was assumed is who it says"):
        issued = call(sts, "AssumeRole", RoleArn=OPERATOR, RoleSessionName="me")["Credentials"]
        key = (issued["AccessKeyId"], issued["AccessKeySecret"])
        identity = call(sts, "GetCallerIdentity", temporary(*key, issued["SecurityToken"]))
        assert identity["Arn"] == f"acs:ram::{ACCOUNT}:assumed-role/SandboxOperatorRole/me", identity
    with refuses("another token", 400, "InvalidSecurityToken.MismatchWithAccessKey"):
        call(sts, "GetCallerIdentity", temporary(*key, "CAISnone"))
    with refuses("no token", 400, "MissingSecurityToken"):
        call(sts, "GetCallerIdentity", client(key))
    with refuses("temporary credentials may not create", 403, "CALLER TYPE NOT SUPPORT"):
        call(faas, "CreateFpgaImageTask", temporary(*key, issued["SecurityToken"]), **creation())
    with refuses("a role that is not there", 404, "EntityNotExist.Role"):
        call(sts, "AssumeRole", RoleArn=f"acs:ram::{ACCOUNT}:role/none", RoleSessionName="me")
    with refuses("a role that does not trust us", 403, "NoPermission"):
        call(sts, "AssumeRole", RoleArn=Cloud.role, RoleSessionName="me")


def roles_and_policies():
    policy = {"PolicyName": "interopPolicy"}
    named = {"PolicyType": "Custom", **policy}
    with check("core: a role is made, read and changed"):
        call(ram, "CreateRole", RoleName="interop", AssumeRolePolicyDocument=TRUST, Description="d e")
        role = call(ram, "GetRole", RoleName="interop")["Role"]
        assert (role["AssumeRolePolicyDocument"], role["Description"]) == (TRUST, "d e"), role
        call(ram, "UpdateRole", RoleName="interop", NewAssumeRolePolicyDocument=TRUST)
    with refuses("a role that exists", 409, "EntityAlreadyExists.Role"):
        call(ram, "CreateRole", RoleName="interop", AssumeRolePolicyDocument=TRUST)
    with refuses("a document that is none", 400, "MalformedPolicyDocument"):
        call(ram, "CreatePolicy", PolicyDocument='{"Version":"1"}', **policy)
    with check("core: a policy has five versions"):
        made = call(ram, "CreatePolicy", PolicyDocument=DOCUMENT, **policy)["Policy"]
        assert (made["PolicyType"], made["DefaultVersion"]) == ("Custom", "v1"), made
        for _ in range(4):
            call(ram, "CreatePolicyVersion", PolicyDocument=DOCUMENT, SetAsDefault=True, **policy)
        versions = call(ram, "ListPolicyVersions", **named)["PolicyVersions"]["PolicyVersion"]
        assert [v["VersionId"] for v in versions if v["IsDefaultVersion"]] == ["v5"], versions
        assert call(ram, "GetPolicy", **named)["DefaultPolicyVersion"]["PolicyDocument"] == DOCUMENT
        assert call(ram, "GetPolicyVersion", VersionId="v2", **named)["PolicyVersion"]["IsDefaultVersion"] is False
    with refuses("a sixth version", 409, "LimitExceeded.Policy.Version"):
        call(ram, "CreatePolicyVersion", PolicyDocument=DOCUMENT, **policy)
    with check("core: a policy is attached"):
        call(ram, "AttachPolicyToRole", RoleName="interop", **named)
        attached = call(ram, "ListPoliciesForRole", RoleName="interop")["Policies"]["Policy"]
        assert [each["PolicyName"] for each in attached] == ["interopPolicy"], attached
        entities = call(ram, "ListEntitiesForPolicy", **named)["Roles"]["Role"]
        assert [each["RoleName"] for each in entities] == ["interop"], entities
    with refuses("a role with a policy stays", 409, "DeleteConflict.Role.Policy"):
        call(ram, "DeleteRole", RoleName="interop")
    with refuses("a policy with versions stays", 409, "DeleteConflict.Policy.Version"):
        call(ram, "DeletePolicy", **policy)
    with check("core: all is taken down again"):
        call(ram, "DetachPolicyFromRole", RoleName="interop", **named)
        call(ram, "DeleteRole", RoleName="interop")
        for version in ("v1", "v2", "v3", "v4"):
            call(ram, "DeletePolicyVersion", VersionId=version, **policy)
        call(ram, "DeletePolicy", **policy)
    with refuses("a policy that is gone", 404, "EntityNotExist.Policy"):
        call(ram, "GetPolicy", **named)
    with refuses("a role that is gone", 404, "EntityNotExist.Role"):
        call(ram, "GetRole", RoleName="interop")
