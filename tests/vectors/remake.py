"""Has each signature of these files made anew by the SDK whose name stands on it, from what the request was made of.

usage: remake.py [--write]     without --write, what differs is an error; scripts/vectors installs the SDKs and runs it

An entry's request (parameters, headers, key, time, nonce) is its own source: to add one, write it without its signature
and run with --write. What documents and no SDK made (`documented`) is left alone.
"""

import copy
import datetime
import json
import pathlib
import sys
import urllib.parse

import alibabacloud_oss_v2 as oss_v2
import oss2
from alibabacloud_oss_v2 import signer as oss_v2_signer
from alibabacloud_oss_v2.types import HttpRequest, SigningContext
from alibabacloud_tea_openapi.utils import Utils
from aliyunsdkcore.auth.algorithm import sha_hmac1
from aliyunsdkcore.auth.composer import rpc_signature_composer as rpc
from darabonba.request import DaraRequest
from freezegun import freeze_time

FOLDER = pathlib.Path(__file__).parent
# What a signer adds to a URL.
ADDED = {"ossaccesskeyid", "expires", "signature", "security-token", "x-oss-date", "x-oss-expires", "x-oss-credential",
         "x-oss-signature", "x-oss-signature-version", "x-oss-security-token"}


def rpc_v1(entry):
    text = getattr(rpc, "__compose_string_to_sign")(entry["method"], entry["signed_params"])
    entry["string_to_sign"] = text
    entry["signature"] = sha_hmac1.get_sign_string(text, entry["access_key_secret"] + "&")


def rpc_v1_tea(entry):
    secret = entry["access_key_secret"]
    entry["signature"] = Utils.get_rpcsignature(entry["signed_params"], entry["method"], secret)


def acs3(entry):
    request = DaraRequest()
    request.method, request.pathname = entry["method"], "/"
    request.query, request.headers = entry["query_params"], entry["headers_before_authorization"]
    made = Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", request.headers["x-acs-content-sha256"], entry["access_key_id"],
        entry["access_key_secret"],
    )
    entry["authorization"], entry["signature"] = made, made.rsplit("Signature=", 1)[1]


def given(entry):
    """The headers that the caller gave, without those that a signer adds."""
    added = {"authorization", "date", "x-oss-date", "x-oss-content-sha256", "x-oss-security-token"}
    headers = entry.get("headers") or entry.get("signed_headers") or {}
    return {name: value for name, value in headers.items() if name.lower() not in added}


def presigned_parts(entry):
    """Method, URL, the caller's parameters, and for how many seconds it is good."""
    method = (entry.get("canonical_request") or entry["string_to_sign"]).split("\n")[0]
    url, query = entry["presigned_url"].split("?", 1)
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    values = {name.lower(): value for name, value in pairs}
    seconds = values.get("x-oss-expires") or int(values["expires"]) - int(time_of(entry).timestamp())
    return method, url, {name: value for name, value in pairs if name.lower() not in ADDED}, int(seconds)


def time_of(entry):
    return datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))


def oss_old(entry):
    provider = oss2.credentials.StaticCredentialsProvider(entry["ak"], entry["sk"], entry["sts"])
    auth = (oss2.ProviderAuth if entry["version"] == "v1" else oss2.ProviderAuthV4)(provider)
    place = {"region": entry["region"], "product": "oss"}
    if "presigned_url" in entry:
        method, url, params, seconds = presigned_parts(entry)
        # The type that the caller gave stands in what was signed.
        signed = entry.get("canonical_request") or entry["string_to_sign"]
        headers = {"content-type": "application/octet-stream"} if "octet-stream" in signed else {}
        request = oss2.http.Request(method, url, params=params, headers=headers, **place)
        entry["presigned_url"] = auth._sign_url(request, entry["bucket"], entry["key"], seconds)
    else:
        headers, params = given(entry), dict(entry["params"])
        request = oss2.http.Request(entry["method"], entry["url"].split("?")[0], params=params, headers=headers, **place)
        auth._sign_request(request, entry["bucket"], entry["key"])
        entry["authorization"] = entry["headers"]["authorization"] = request.headers["authorization"]


def oss_new(entry):
    signer = oss_v2_signer.SignerV1() if entry["version"] == "v1" else oss_v2_signer.SignerV4()
    presigned = "presigned_url" in entry
    if presigned:
        method, url, params, seconds = presigned_parts(entry)
        url += "?" + urllib.parse.urlencode(params, quote_via=urllib.parse.quote) if params else ""
    else:
        method, url = entry["method"], entry["url"]
    context = SigningContext(
        product="oss", region=entry["region"], bucket=entry["bucket"], key=entry["key"],
        request=HttpRequest(method, url, headers=given(entry)),
        credentials=oss_v2.credentials.Credentials(entry["ak"], entry["sk"], entry["sts"]), signing_time=time_of(entry),
    )
    context.sub_resource = []
    if presigned:
        context.auth_method_query = True
        context.expiration_time = time_of(entry) + datetime.timedelta(seconds=seconds)
    signer.sign(context)
    if presigned:
        entry["presigned_url"] = context.request.url
    else:
        entry["authorization"] = entry["headers"]["Authorization"] = context.request.headers["Authorization"]
    entry["string_to_sign"] = context.string_to_sign


def oss(entry):
    (oss_old if entry["sdk"].startswith("oss2 ") else oss_new)(entry)


MAKERS = {
    "rpc_v1_hmac_sha1": rpc_v1,
    "rpc_v1_hmac_sha1_tea_flavour": rpc_v1_tea,
    "acs3_hmac_sha256": acs3,
    "signature_vectors": oss,
}


def remade(entry, make):
    entry = copy.deepcopy(entry)
    with freeze_time(entry.get("timestamp") or entry.get("x_acs_date") or entry["time"]):
        make(entry)
    return entry


def same(a, b):
    """Equal but for the order of a URL's parameters, which is an SDK's own business."""
    def canonical(value):
        if isinstance(value, str) and value.startswith("https://"):
            parts = urllib.parse.urlsplit(value)
            return parts.path, sorted(parts.query.split("&"))
        return value
    return {k: canonical(v) for k, v in a.items()} == {k: canonical(v) for k, v in b.items()}


def main():
    differ = made = 0
    for path in sorted(FOLDER.glob("*.json")):
        text = path.read_text()
        file = json.loads(text)
        for section, make in MAKERS.items():
            for place, entry in enumerate(file.get(section, [])):
                new = remade(entry, make)
                made += 1
                if not same(entry, new):
                    differ += 1
                    fields = [k for k in new if new[k] != entry.get(k)]
                    print(f"{path.name}: {section} {entry['name']} {entry.get('key', '')}: {', '.join(fields)}")
                    file[section][place] = new
        if "--write" in sys.argv and file != json.loads(text):
            path.write_text(json.dumps(file, ensure_ascii=False, indent=1) + "\n")
    print(f"{made} signatures made anew, {differ} differ")
    sys.exit(bool(differ) and "--write" not in sys.argv)


main()
