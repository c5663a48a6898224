"""The official SDK `alibabacloud-oss-v2` (versions 1 and 4 of the signature) against the sandbox."""

import os
import tempfile

import alibabacloud_oss_v2 as oss
import requests
from checks import KEYS, Cloud, check, temporary_key

MIB = 1 << 20


def client(signature, secret=Cloud.secret, region=Cloud.region, key=None):
    provider = oss.credentials.StaticCredentialsProvider(*(key or (Cloud.key_id, secret)))
    config = oss.config.load_default()
    config.credentials_provider = provider
    config.region = region
    config.endpoint = Cloud.endpoint
    config.use_path_style = True
    config.signature_version = signature
    config.retry_max_attempts = 1
    return oss.Client(config)


def run():
    for signature in ["v1", "v4"]:
        name = f"oss-v2 {signature}"
        objects(name, client(signature))
        listings(name, client(signature))
        transfers(name, client(signature))
        refusals(name, signature)
        with check(f"{name}: temporary credentials"):
            cloud = client(signature, key=temporary_key())
            cloud.put_object(oss.PutObjectRequest(bucket=Cloud.bucket, key="by a role +", body=b"x"))
            cloud.delete_object(oss.DeleteObjectRequest(bucket=Cloud.bucket, key="by a role +"))


def objects(name, cloud):
    for key in KEYS:
        with check(f"{name}: put, get, head and delete {key}"):
            body = key.encode() * 1000
            cloud.put_object(oss.PutObjectRequest(bucket=Cloud.bucket, key=key, body=body))
            got = cloud.get_object(oss.GetObjectRequest(bucket=Cloud.bucket, key=key))
            assert got.body.read() == body
            got = cloud.get_object(oss.GetObjectRequest(bucket=Cloud.bucket, key=key, range_header="bytes=1-3"))
            assert got.body.read() == body[1:4]
            assert cloud.head_object(oss.HeadObjectRequest(bucket=Cloud.bucket, key=key)).content_length == len(body)
            presigned = cloud.presign(oss.GetObjectRequest(bucket=Cloud.bucket, key=key))
            assert requests.get(presigned.url, timeout=60).content == body
            cloud.delete_object(oss.DeleteObjectRequest(bucket=Cloud.bucket, key=key))
            assert not cloud.is_object_exist(Cloud.bucket, key)


def listings(name, cloud):
    keys = sorted(f"list/{number:03} +&目录" for number in range(25))
    for key in keys:
        cloud.put_object(oss.PutObjectRequest(bucket=Cloud.bucket, key=key, body=b"x"))
    with check(f"{name}: paged lists"):
        pages = cloud.list_objects_v2_paginator()
        request = oss.ListObjectsV2Request(bucket=Cloud.bucket, prefix="list/", max_keys=7)
        assert [item.key for page in pages.iter_page(request) for item in page.contents] == keys
        pages = cloud.list_objects_paginator()
        request = oss.ListObjectsRequest(bucket=Cloud.bucket, prefix="list/", max_keys=7)
        assert [item.key for page in pages.iter_page(request) for item in page.contents] == keys
    with check(f"{name}: delete many"):
        objects = [oss.DeleteObject(key=key) for key in keys]
        cloud.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=Cloud.bucket, objects=objects))
        assert cloud.list_objects_v2(oss.ListObjectsV2Request(bucket=Cloud.bucket)).key_count == 0


def transfers(name, cloud):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "big.bin")
        content = os.urandom(MIB) * 3 + b"tail"
        with open(path, "wb") as file:
            file.write(content)
        with check(f"{name}: parallel upload with checksums"):
            request = oss.PutObjectRequest(bucket=Cloud.bucket, key="big.bin")
            cloud.uploader(part_size=256 * 1024, parallel_num=3).upload_file(request, path)
            head = cloud.head_object(oss.HeadObjectRequest(bucket=Cloud.bucket, key="big.bin"))
            assert head.object_type == "Multipart" and head.content_length == len(content)
        with check(f"{name}: parallel download with checksums"):
            target = os.path.join(folder, "back.bin")
            request = oss.GetObjectRequest(bucket=Cloud.bucket, key="big.bin")
            cloud.downloader(part_size=300_000, parallel_num=3).download_file(request, target)
            with open(target, "rb") as file:
                assert file.read() == content
        cloud.delete_object(oss.DeleteObjectRequest(bucket=Cloud.bucket, key="big.bin"))


def service_error(call):
    """The error of the service under the SDK's own."""
    try:
        call()
    except oss.exceptions.OperationError as error:
        return error.unwrap()
    raise AssertionError("was not refused")


def refusals(name, signature):
    def head(cloud, bucket=Cloud.bucket):
        return lambda: cloud.head_object(oss.HeadObjectRequest(bucket=bucket, key="absent"))

    with check(f"{name}: head of an absent object"):
        error = service_error(head(client(signature)))
        assert (error.status_code, error.code, error.ec) == (404, "NoSuchKey", "0026-00000001"), error
        assert error.request_id
    with check(f"{name}: an absent bucket"):
        error = service_error(head(client(signature), "absent-bucket"))
        assert (error.status_code, error.code) == (404, "NoSuchBucket"), error
    with check(f"{name}: a wrong secret"):
        error = service_error(head(client(signature, secret="wrong")))
        assert (error.status_code, error.code) == (403, "SignatureDoesNotMatch"), error
    with check(f"{name}: parts out of order"):
        cloud = client(signature)
        place = {"bucket": Cloud.bucket, "key": "parts.bin"}
        upload = cloud.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(**place)).upload_id
        parts = []
        for number in [2, 1]:
            request = oss.UploadPartRequest(**place, upload_id=upload, part_number=number, body=b"x" * 102_400)
            parts.append(oss.UploadPart(part_number=number, etag=cloud.upload_part(request).etag))
        whole = oss.CompleteMultipartUpload(parts=parts)
        request = oss.CompleteMultipartUploadRequest(**place, upload_id=upload, complete_multipart_upload=whole)
        error = service_error(lambda: cloud.complete_multipart_upload(request))
        assert (error.status_code, error.code, error.ec) == (400, "InvalidPartOrder", "0042-00000209"), error
        cloud.complete_multipart_upload(
            oss.CompleteMultipartUploadRequest(**place, upload_id=upload, complete_all="yes")
        )
        assert cloud.head_object(oss.HeadObjectRequest(**place)).content_length == 204_800
        cloud.delete_object(oss.DeleteObjectRequest(**place))
    if signature == "v4":
        with check(f"{name}: a wrong region"):
            error = service_error(head(client(signature, region="cn-shanghai")))
            assert (error.status_code, error.ec) == (400, "0002-00000228"), error
