"""The official SDK `oss2` (versions 1 and 4 of the signature) against the sandbox."""

import os
import tempfile

import oss2
import requests
from checks import KEYS, Cloud, check, refused, temporary_key
from oss2.exceptions import ServerError


def bucket(auth):
    return oss2.Bucket(auth, Cloud.endpoint, Cloud.bucket, region=Cloud.region)


def run():
    for version, auth in [("v1", oss2.Auth), ("v4", oss2.AuthV4)]:
        objects(f"oss2 {version}", bucket(auth(Cloud.key_id, Cloud.secret)))
        listings(f"oss2 {version}", bucket(auth(Cloud.key_id, Cloud.secret)))
        multipart(f"oss2 {version}", bucket(auth(Cloud.key_id, Cloud.secret)))
        buckets(f"oss2 {version}", auth)
        wrong_keys(f"oss2 {version}", auth)
        temporary_keys(f"oss2 {version}", version)


def objects(name, cloud):
    for key in KEYS:
        with check(f"{name}: put, get and head {key}"):
            body = key.encode() * 1000
            put = cloud.put_object(key, body, headers={"x-oss-meta-tool": "interop", "Content-Type": "text/x-y"})
            assert put.crc is not None
            got = cloud.get_object(key)
            assert got.read() == body
            head = cloud.head_object(key)
            assert head.content_length == len(body)
            assert head.headers["x-oss-meta-tool"] == "interop" and head.content_type == "text/x-y"
            assert head.etag == put.etag
    with check(f"{name}: range"):
        cloud.put_object("range.bin", b"0123456789")
        assert cloud.get_object("range.bin", byte_range=(2, 4)).read() == b"234"
        assert cloud.get_object("range.bin", byte_range=(None, 3)).read() == b"789"
        assert cloud.get_object("range.bin", byte_range=(5, 99)).read() == b"0123456789"
    with refused(f"{name}: range in the standard way", oss2.exceptions.OssError, status=416, code="InvalidRange"):
        cloud.get_object("range.bin", byte_range=(50, 99), headers={"x-oss-range-behavior": "standard"})
    with check(f"{name}: presigned GET"):
        for key in KEYS:
            url = cloud.sign_url("GET", key, 60, slash_safe=True)
            assert requests.get(url, timeout=60).content == key.encode() * 1000, url
    with check(f"{name}: presigned PUT"):
        url = cloud.sign_url("PUT", "presigned.bin", 60, headers={"Content-Type": "text/plain"})
        assert requests.put(url, data=b"x", headers={"Content-Type": "text/plain"}, timeout=60).status_code == 200
        assert requests.put(url, data=b"x", headers={"Content-Type": "text/html"}, timeout=60).status_code == 403
    with check(f"{name}: presigned GET that has expired"):
        answer = requests.get(cloud.sign_url("GET", KEYS[0], -5), timeout=60)
        assert answer.status_code in (400, 403), answer.text
    with check(f"{name}: delete, also what is absent"):
        cloud.delete_object("range.bin")
        assert cloud.delete_object("range.bin").status == 204
        assert not cloud.object_exists("range.bin")
    with check(f"{name}: delete many"):
        cloud.batch_delete_objects([*KEYS, "presigned.bin"])
        assert not any(cloud.object_exists(key) for key in KEYS)
    with refused(f"{name}: get of an absent object", oss2.exceptions.NoSuchKey, status=404, code="NoSuchKey"):
        cloud.get_object("absent")
    with refused(f"{name}: head of an absent object", oss2.exceptions.NotFound, status=404):
        cloud.head_object("absent")
    with refused(f"{name}: a second put that must not overwrite", ServerError, status=409, code="FileAlreadyExists"):
        cloud.put_object("once", b"1")
        cloud.put_object("once", b"2", headers={"x-oss-forbid-overwrite": "true"})
    cloud.delete_object("once")


def listings(name, cloud):
    with check(f"{name}: paged lists"):
        keys = sorted(f"list/{number:03} +&目录" for number in range(25))
        for key in keys:
            cloud.put_object(key, b"x")
        found = [item.key for item in oss2.ObjectIterator(cloud, prefix="list/", max_keys=7)]
        assert found == keys, found
        found = [item.key for item in oss2.ObjectIteratorV2(cloud, prefix="list/", max_keys=7)]
        assert found == keys, found
    with check(f"{name}: lists with a delimiter"):
        found = cloud.list_objects(prefix="", delimiter="/")
        assert found.prefix_list == ["list/"] and found.object_list == [], found.prefix_list
    with check(f"{name}: keys with control characters"):
        cloud.put_object("list/\x01\x1b", b"x")
        found = [item.key for item in oss2.ObjectIteratorV2(cloud, prefix="list/\x01")]
        assert found == ["list/\x01\x1b"], found
    for key in [item.key for item in oss2.ObjectIteratorV2(cloud, prefix="list/")]:
        cloud.delete_object(key)


def multipart(name, cloud):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "big.bin")
        content = os.urandom(1 << 20) * 3 + b"tail"
        with open(path, "wb") as file:
            file.write(content)
        store = oss2.ResumableStore(root=folder)
        with check(f"{name}: resumable upload with checksums"):
            oss2.resumable_upload(
                cloud, "目录/big +.bin", path, store=store, multipart_threshold=1, part_size=256 * 1024, num_threads=3
            )
            assert cloud.get_object("目录/big +.bin").read() == content
            assert cloud.head_object("目录/big +.bin").etag.endswith("-13")
        with check(f"{name}: resumable download with checksums"):
            target = os.path.join(folder, "back.bin")
            oss2.resumable_download(
                cloud, "目录/big +.bin", target, store=oss2.ResumableDownloadStore(root=folder),
                multiget_threshold=1, part_size=300_000, num_threads=3,
            )
            with open(target, "rb") as file:
                assert file.read() == content
    upload = cloud.init_multipart_upload("parts.bin").upload_id
    first = cloud.upload_part("parts.bin", upload, 1, b"x" * 102_400)
    second = cloud.upload_part("parts.bin", upload, 7, b"y")
    infos = [oss2.models.PartInfo(1, first.etag, size=102_400, part_crc=first.crc)]
    infos += [oss2.models.PartInfo(7, second.etag, size=1, part_crc=second.crc)]
    with check(f"{name}: list of parts and of uploads"):
        parts = cloud.list_parts("parts.bin", upload)
        assert [(part.part_number, part.size) for part in parts.parts] == [(1, 102_400), (7, 1)]
        uploads = [(one.key, one.upload_id) for one in oss2.MultipartUploadIterator(cloud)]
        assert uploads == [("parts.bin", upload)], uploads
    with refused(f"{name}: a part with another ETag", ServerError, status=400, code="InvalidPart"):
        cloud.complete_multipart_upload("parts.bin", upload, [oss2.models.PartInfo(1, "0" * 32)])
    with check(f"{name}: a copied part"):
        cloud.put_object("source", b"0123456789")
        cloud.upload_part_copy(Cloud.bucket, "source", (2, 4), "parts.bin", upload, 8)
        assert cloud.list_parts("parts.bin", upload).parts[-1].size == 3
    with refused(f"{name}: a small part before the last", ServerError, status=400, code="EntityTooSmall"):
        third = cloud.upload_part("parts.bin", upload, 9, b"z")
        cloud.complete_multipart_upload("parts.bin", upload, [*infos, oss2.models.PartInfo(9, third.etag)])
    with check(f"{name}: complete"):
        cloud.complete_multipart_upload("parts.bin", upload, infos)
        assert cloud.get_object("parts.bin").read() == b"x" * 102_400 + b"y"
    with refused(f"{name}: a second complete", oss2.exceptions.NoSuchUpload, status=404, code="NoSuchUpload"):
        cloud.complete_multipart_upload("parts.bin", upload, infos)
    with check(f"{name}: abort"):
        upload = cloud.init_multipart_upload("parts.bin").upload_id
        cloud.abort_multipart_upload("parts.bin", upload)
        assert list(oss2.MultipartUploadIterator(cloud)) == []
    for key in ["parts.bin", "source", "目录/big +.bin"]:
        cloud.delete_object(key)


def buckets(name, auth):
    with check(f"{name}: about the bucket"):
        cloud = bucket(auth(Cloud.key_id, Cloud.secret))
        info = cloud.get_bucket_info()
        assert info.name == Cloud.bucket and info.location == "oss-cn-hangzhou", info.location
        assert cloud.get_bucket_location().location == "oss-cn-hangzhou"
        assert cloud.get_bucket_acl().acl == "private"
    with check(f"{name}: list of buckets"):
        service = oss2.Service(auth(Cloud.key_id, Cloud.secret), Cloud.endpoint, region=Cloud.region)
        names = [one.name for one in service.list_buckets().buckets]
        assert names == ["faascmd-beijing", Cloud.bucket], names
    for other, status, code in [
        ("absent-bucket", 404, "NoSuchBucket"),
        ("faascmd-foreign", 403, "AccessDenied"),
        ("faascmd-beijing", 403, "AccessDenied"),
    ]:
        with refused(f"{name}: bucket {other}", ServerError, status=status, code=code):
            cloud = oss2.Bucket(auth(Cloud.key_id, Cloud.secret), Cloud.endpoint, other, region=Cloud.region)
            cloud.list_objects()


def wrong_keys(name, auth):
    with refused(f"{name}: a wrong secret", ServerError, status=403, code="SignatureDoesNotMatch"):
        bucket(auth(Cloud.key_id, "wrong")).list_objects()
    with refused(f"{name}: an unknown key", ServerError, status=403, code="InvalidAccessKeyId"):
        bucket(auth("LTAI5tUnknown", Cloud.secret)).list_objects()
    with refused(f"{name}: a key with a token that it has not", ServerError, status=403, code="InvalidAccessKeyId"):
        version = oss2.AUTH_VERSION_4 if auth is oss2.AuthV4 else oss2.AUTH_VERSION_1
        sts = oss2.StsAuth(Cloud.key_id, Cloud.secret, "token", auth_version=version)
        bucket(sts).list_objects()
    if auth is oss2.AuthV4:
        with refused(f"{name}: a wrong region", ServerError, status=400, code="InvalidArgument"):
            cloud = oss2.Bucket(auth(Cloud.key_id, Cloud.secret), Cloud.endpoint, Cloud.bucket, region="cn-shanghai")
            cloud.list_objects()


def temporary_keys(name, version):
    key_id, secret, token = temporary_key()
    cloud = bucket(oss2.StsAuth(key_id, secret, token, version))
    with check(f"{name}: temporary credentials put, get, list and sign a URL"):
        cloud.put_object("by a role +", b"x")
        assert cloud.get_object("by a role +").read() == b"x"
        assert [item.key for item in oss2.ObjectIteratorV2(cloud)] == ["by a role +"]
        assert requests.get(cloud.sign_url("GET", "by a role +", 60), timeout=60).content == b"x"
        cloud.delete_object("by a role +")
    with refused(f"{name}: temporary credentials with another token", ServerError, code="InvalidSecurityToken"):
        bucket(oss2.StsAuth(key_id, secret, token[:-4] + "AAA=", version)).list_objects()
    with refused(f"{name}: temporary credentials without a token", ServerError, code="InvalidAccessKeyId"):
        bucket((oss2.AuthV4 if version == "v4" else oss2.Auth)(key_id, secret)).list_objects()
