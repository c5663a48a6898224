//! What the vendors' own test suites found: object storage as they know it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::common::cloud::Cloud;
use crate::common::raw::{Answer, Sent, Signer};

fn put(cloud: &Cloud, key: &str, body: impl Into<Vec<u8>>) -> Answer {
    cloud.oss(&Sent::new("PUT", key).body(body))
}

fn get(cloud: &Cloud, key: &str) -> Answer {
    cloud.oss(&Sent::new("GET", key))
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()), "{}", answer.text());
}

#[test]
fn a_put_knows_no_condition() {
    let cloud = Cloud::new();
    put(&cloud, "key", "before");
    for name in ["If-Modified-Since", "If-Unmodified-Since", "If-Match", "If-None-Match"] {
        let header = [(name, "Thu, 09 Feb 2023 06:41:44 GMT")];
        let answer = cloud.oss(&Sent::new("PUT", "key").headers(&header).body("after"));
        refused(&answer, 400, "NotImplemented");
        assert_eq!(
            (answer.element("Header"), answer.header("x-oss-ec")),
            (name.into(), Some("0017-00000245"))
        );
    }
    assert_eq!(get(&cloud, "key").text(), "before");
}

#[test]
fn each_object_has_one_version_without_an_id() {
    let cloud = Cloud::new();
    for key in ["a", "b", "dir/c"] {
        put(&cloud, key, "123");
    }
    let list =
        |query: &[(&str, &str)]| cloud.oss(&Sent::new("GET", "").query(&[("versions", "")]).query(query));
    let all = list(&[("delimiter", "/")]);
    let count = |what: &str| all.text().matches(what).count();
    assert_eq!((count("<VersionId>null<"), count("<IsLatest>true<"), count("<Owner>")), (2, 2, 2));
    assert!(all.text().contains("<CommonPrefixes>\n    <Prefix>dir/</Prefix>"), "{}", all.text());
    let first = list(&[("max-keys", "1")]);
    let next = ["IsTruncated", "NextKeyMarker", "NextVersionIdMarker"].map(|name| first.element(name));
    assert_eq!(next, ["true", "a", "null"]);
    let rest = list(&[("key-marker", "a"), ("version-id-marker", "null")]);
    assert_eq!((rest.element("Key"), rest.element("IsTruncated")), ("b".into(), "false".into()));

    let of =
        |method: &str, version: &str| cloud.oss(&Sent::new(method, "a").query(&[("versionId", version)]));
    assert_eq!(of("GET", "null").text(), "123");
    let other = "CAEQNhiBgMDJgZCA0BYiIDc4MGZjZGI2OTBjOTRmNTE5NmU5NmFhZjhj";
    refused(&of("GET", other), 501, "NotImplemented");
    refused(&of("DELETE", other), 501, "NotImplemented");
    let delete_many = |version: &str| {
        let body = format!("<Delete><Object><Key>b</Key><VersionId>{version}</VersionId></Object></Delete>");
        let md5 = BASE64.encode(<md5::Md5 as md5::Digest>::digest(body.as_bytes()));
        let request = Sent::new("POST", "").query(&[("delete", "")]).headers(&[("content-md5", &md5)]);
        cloud.oss(&request.body(body))
    };
    refused(&delete_many(other), 501, "NotImplemented");
    assert_eq!((get(&cloud, "a").status, get(&cloud, "b").status), (200, 200));
    assert_eq!((of("DELETE", "null").status, delete_many("null").status), (204, 200));
    assert_eq!((get(&cloud, "a").status, get(&cloud, "b").status), (404, 404));
}

#[test]
fn an_upload_without_parts_becomes_an_empty_object() {
    let cloud = Cloud::new();
    let id = cloud.oss(&Sent::new("POST", "key").query(&[("uploads", "")])).element("UploadId");
    let complete = |id: &str| {
        let body = "<CompleteMultipartUpload></CompleteMultipartUpload>";
        cloud.oss(&Sent::new("POST", "key").query(&[("uploadId", id)]).body(body))
    };
    assert_eq!((complete(&id).status, get(&cloud, "key").text()), (200, String::new()));
    refused(&complete(&id), 404, "NoSuchUpload");
    let id = cloud.oss(&Sent::new("POST", "key").query(&[("uploads", "")])).element("UploadId");
    let part = [("partNumber", "1"), ("uploadId", id.as_str())];
    assert_eq!(cloud.oss(&Sent::new("PUT", "key").query(&part).body("x")).status, 200);
    refused(&complete(&id), 400, "MalformedXML");
}

#[test]
fn buckets_are_not_chosen_by_tags_that_they_can_not_have() {
    let cloud = Cloud::new();
    for tag in [("tagging", "\"k\":\"v\""), ("tag-key", "k"), ("tag-value", "v")] {
        let sent = Sent { bucket: String::new(), ..Sent::new("GET", "").query(&[tag]) };
        refused(&cloud.oss(&sent), 501, "NotImplemented");
    }
}

#[test]
fn an_upload_that_its_client_encrypts_says_how() {
    let cloud = Cloud::new();
    let of = |what: &str| format!("x-oss-meta-client-side-encryption-{what}");
    let (key, size) = (of("key"), of("part-size"));
    let said = [(key.as_str(), "nyXOp7delQ/MQLjKQMhHLaTHIB6q+C+RA6lGwqqYVa+n"), (size.as_str(), "102400")];
    let id =
        cloud.oss(&Sent::new("POST", "key").query(&[("uploads", "")]).headers(&said)).element("UploadId");
    let parts = cloud.oss(&Sent::new("GET", "key").query(&[("uploadId", &id)]));
    let told = ["ClientEncryptionKey", "ClientEncryptionPartSize"].map(|name| parts.element(name));
    assert_eq!(told, [said[0].1, said[1].1]);
    assert!(!parts.text().contains("ClientEncryptionStart"));
}

#[test]
fn what_is_not_here_is_not_there_either_without_its_bucket() {
    let cloud = Cloud::new();
    let absent = |method: &str, name: &str| {
        let sent = Sent { bucket: "no-such-bucket".into(), ..Sent::new(method, "").query(&[(name, "")]) };
        let mut sent = cloud.sign(&sent, Signer::V4Header);
        for (_, value) in &mut sent.headers {
            *value = value.replace(&cloud.credential.id, "LTAI5tSomebodyElse0000");
        }
        cloud.send(&sent).unwrap()
    };
    for (method, name) in
        [("PUT", "versioning"), ("PUT", "accessPoint"), ("GET", "cors"), ("DELETE", "style")]
    {
        refused(&absent(method, name), 404, "NoSuchBucket");
    }
    refused(&absent("PUT", "acl"), 403, "InvalidAccessKeyId");
    let by_acl = Sent { bucket: "no-such-bucket".into(), ..Sent::new("PUT", "").query(&[("acl", "")]) };
    refused(&cloud.oss(&by_acl), 501, "NotImplemented");
}
