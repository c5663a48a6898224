//! What the vendors' own test suites found: object storage as they know it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::common::cloud::Cloud;
use crate::common::raw::{Answer, BUCKET, Sent, Signer};
use crate::common::rpc;

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

fn bucket(method: &str, name: &str) -> Sent {
    Sent { bucket: name.into(), ..Sent::new(method, "") }
}

#[test]
fn a_bucket_s_class_is_that_of_its_objects() {
    let cloud = Cloud::new();
    let make = |name: &str, inside: &str| {
        let body = format!("<CreateBucketConfiguration>{inside}</CreateBucketConfiguration>");
        cloud.oss(&bucket("PUT", name).body(body))
    };
    let in_bucket = |name: &str, sent: Sent| cloud.oss(&Sent { bucket: name.into(), ..sent });
    for (name, class) in [("of-ia", "IA"), ("of-archive", "Archive"), ("of-deep", "DeepColdArchive")] {
        let said =
            format!("<StorageClass>{class}</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>");
        assert_eq!(make(name, &said).status, 200);
        let info = cloud.oss(&bucket("GET", name).query(&[("bucketInfo", "")]));
        let told = ["StorageClass", "DataRedundancyType"].map(|element| info.element(element));
        assert_eq!(told, [class, "ZRS"]);
        in_bucket(name, Sent::new("PUT", "key").body("123"));
        let uploads = [("uploads", "")];
        let id = in_bucket(name, Sent::new("POST", "parts").query(&uploads)).element("UploadId");
        for listed in [
            cloud.oss(&bucket("GET", name)),
            cloud.oss(&bucket("GET", name).query(&uploads)),
            in_bucket(name, Sent::new("GET", "parts").query(&[("uploadId", &id)])),
        ] {
            assert_eq!(listed.element("StorageClass"), class, "{}", listed.text());
        }
        let told = in_bucket(name, Sent::new("HEAD", "key"));
        assert_eq!((told.status, told.header("x-oss-storage-class")), (200, Some(class)));
        // What says that it is of the standard class is, wherever it lies.
        let standard = [("x-oss-storage-class", "Standard")];
        in_bucket(name, Sent::new("PUT", "own").headers(&standard).body("1234"));
        assert_eq!(in_bucket(name, Sent::new("GET", "own")).header("x-oss-storage-class"), Some("Standard"));
        let stat = cloud.oss(&bucket("GET", name).query(&[("stat", "")]));
        let of_class = if class == "IA" { "InfrequentAccess" } else { class };
        let names = ["Storage", "RealStorage", "ObjectCount"].map(|what| format!("{of_class}{what}"));
        assert_eq!(names.map(|name| stat.element(&name)), ["65536", "3", "1"]);
        let told = ["Storage", "ObjectCount", "StandardStorage", "StandardObjectCount"];
        assert_eq!(told.map(|name| stat.element(name)), ["7", "2", "4", "1"]);
    }
    assert_eq!(in_bucket("of-ia", Sent::new("GET", "key")).text(), "123");
    refused(&in_bucket("of-archive", Sent::new("GET", "key")), 403, "InvalidObjectState");
    let copy = Sent::new("PUT", "copy").headers(&[("x-oss-copy-source", "/of-deep/key")]);
    refused(&cloud.oss(&copy), 403, "InvalidObjectState");
    let copy = Sent::new("PUT", "copy").headers(&[("x-oss-copy-source", "/of-ia/key")]);
    assert_eq!(cloud.oss(&copy).status, 200);
    assert_eq!(get(&cloud, "copy").header("x-oss-storage-class"), Some("Standard"));

    // A bucket stays what it was made as.
    assert_eq!(make("of-ia", "<StorageClass>IA</StorageClass>").status, 200);
    assert_eq!(make("of-ia", "").status, 200);
    refused(&make("of-ia", "<StorageClass>Standard</StorageClass>"), 409, "BucketAlreadyExists");
    refused(&make("of-ia", "<DataRedundancyType>LRS</DataRedundancyType>"), 409, "BucketAlreadyExists");
    for wrong in
        ["<StorageClass>Cheap</StorageClass>", "<DataRedundancyType>x</DataRedundancyType>", "<StorageClass>"]
    {
        refused(&make("of-nothing", wrong), 400, "MalformedXML");
    }
    assert_eq!(cloud.oss(&bucket("HEAD", "of-nothing")).status, 404);
}

#[test]
fn a_bucket_that_is_there_stays_whose_and_where_it_is() {
    let cloud = Cloud::new();
    let foreign = cloud.oss(&bucket("PUT", "faascmd-foreign"));
    refused(&foreign, 409, "BucketAlreadyExists");
    assert_eq!(foreign.header("x-oss-ec"), Some("0015-00000102"));
    refused(&cloud.oss(&bucket("PUT", "faascmd-beijing")), 409, "BucketAlreadyExists");
    put(&cloud, "key", "x");
    assert_eq!(cloud.oss(&bucket("PUT", BUCKET)).status, 200);
    assert_eq!(get(&cloud, "key").text(), "x");
}

#[test]
fn signature_v2_is_said_to_be_missing_and_no_key_to_be_wrong() {
    let cloud = Cloud::new();
    let date = "Sun, 22 Nov 2026 00:00:00 GMT";
    for key in [&*cloud.credential.id, "LTAI5tSomebodyElse0000"] {
        let by_header = [
            (
                "authorization",
                &*format!("OSS2 AccessKeyId:{key},AdditionalHeaders:host,Signature:c2lnbmF0dXJl"),
            ),
            ("date", date),
        ];
        let by_url = [
            ("x-oss-signature-version", "OSS2"),
            ("x-oss-access-key-id", key),
            ("x-oss-expires", "4102444800"),
            ("x-oss-signature", "c2lnbmF0dXJl"),
        ];
        for method in ["GET", "PUT"] {
            for sent in
                [Sent::new(method, "key").headers(&by_header), Sent::new(method, "key").query(&by_url)]
            {
                let answer = cloud.send(&sent).unwrap();
                refused(&answer, 501, "NotImplemented");
                assert_eq!(answer.element("Signature"), "OSS2");
                assert!(answer.element("Message").contains("signature V2"), "{}", answer.text());
            }
        }
    }
    assert_eq!(get(&cloud, "key").status, 404);
}

/// Temporary credentials of a role that may do everything, narrowed by a policy.
fn session(cloud: &Cloud, policy: &str) -> faascmd::testing::sign::Credential {
    let role = "acs:ram::1234567890123456:role/SandboxOperatorRole";
    let given = [("RoleArn", role), ("RoleSessionName", "test"), ("Policy", policy)];
    let answer = rpc::call(cloud, &cloud.credential, ("2015-04-01", "AssumeRole"), &given).json();
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let key = faascmd::testing::sign::Credential::long_lived(text("AccessKeyId"), text("AccessKeySecret"));
    key.with_token(text("SecurityToken"))
}

#[test]
fn a_session_may_do_no_more_than_its_own_policy() {
    let mut cloud = Cloud::new();
    let policy = |statement: &str| format!(r#"{{"Version":"1","Statement":[{statement}]}}"#);
    let user = cloud.credential.clone();
    let puts = policy(
        r#"{"Effect":"Allow","Action":["oss:PutObject"],"Resource":["acs:oss:*:*:faascmd-sandbox/a/*"]}"#,
    );
    cloud.credential = session(&cloud, &puts);
    assert_eq!(put(&cloud, "a/key", "x").status, 200);
    let delete_many = |cloud: &Cloud, keys: &[&str]| {
        let objects: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
        let body = format!("<Delete>{objects}</Delete>");
        let md5 = BASE64.encode(<md5::Md5 as md5::Digest>::digest(body.as_bytes()));
        let sent = Sent::new("POST", "").query(&[("delete", "")]).headers(&[("content-md5", &md5)]);
        cloud.oss(&sent.body(body))
    };
    let answers = [
        put(&cloud, "b/key", "x"),
        get(&cloud, "a/key"),
        cloud.oss(&bucket("GET", "")),
        delete_many(&cloud, &["a/key"]),
    ];
    for answer in answers {
        refused(&answer, 403, "AccessDenied");
        assert_eq!(answer.element("EC"), "0003-00000301");
        assert_eq!(answer.element("Message"), "Access denied by authorizer's policy.");
    }
    let calls = |cloud: &Cloud, action| rpc::call(cloud, &cloud.credential, action, &[]).code();
    assert_eq!(calls(&cloud, ("2017-08-24", "DescribeFpgaImages")), "403 Forbidden.RAM");
    assert_eq!(calls(&cloud, ("2015-04-01", "GetCallerIdentity")), "200");

    // What it denies is denied; what a body names is looked at key by key.
    cloud.credential = user;
    let but = policy(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},
           {"Effect":"Deny","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:faascmd-sandbox/b/*"}"#,
    );
    cloud.credential = session(&cloud, &but);
    put(&cloud, "b/key", "x");
    refused(&delete_many(&cloud, &["a/key", "b/key"]), 403, "AccessDenied");
    assert_eq!((get(&cloud, "a/key").status, get(&cloud, "b/key").status), (200, 200));
    assert_eq!(delete_many(&cloud, &["a/key"]).status, 200);
    assert_eq!(get(&cloud, "a/key").status, 404);
    assert_eq!(calls(&cloud, ("2017-08-24", "DescribeFpgaImages")), "200");
}

#[test]
fn what_a_browser_asks_first_is_refused_as_by_a_bucket_without_rules() {
    let cloud = Cloud::new();
    put(&cloud, "key", "x");
    let asked = [("origin", "http://www.example.com"), ("access-control-request-method", "PUT")];
    for sent in [
        Sent::new("OPTIONS", "key").headers(&asked),
        Sent::new("OPTIONS", "key").headers(&asked).query(&[("partNumber", "1"), ("uploadId", "x")]),
        Sent::new("OPTIONS", "").headers(&asked),
        Sent::new("OPTIONS", "key"),
    ] {
        let answer = cloud.send(&sent).unwrap();
        refused(&answer, 403, "AccessForbidden");
        assert!(answer.header("access-control-allow-origin").is_none(), "{}", answer.text());
        assert!(answer.element("Message").contains("CORS is not enabled"), "{}", answer.text());
    }
    let absent = Sent { bucket: "no-such-bucket".into(), ..Sent::new("OPTIONS", "key") }.headers(&asked);
    refused(&cloud.send(&absent).unwrap(), 404, "NoSuchBucket");
    // The request itself is no page's business, signed or not.
    let page = cloud.sign(&Sent::new("GET", "key").headers(&asked), Signer::V4Header);
    assert_eq!(cloud.send(&page).unwrap().status, 403);
}

#[test]
fn callbacks_payment_and_inventories_are_refused_by_name() {
    let cloud = Cloud::new();
    let payment = "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>";
    for (sent, name) in [
        (Sent::new("PUT", "key").query(&[("callback", "e30=")]).body("x"), "PutObjectCallback"),
        (bucket("PUT", BUCKET).query(&[("requestPayment", "")]).body(payment), "PutBucketRequestPayment"),
        (bucket("GET", BUCKET).query(&[("requestPayment", "")]), "GetBucketRequestPayment"),
        (bucket("PUT", BUCKET).query(&[("inventory", ""), ("inventoryId", "1")]), "PutBucketInventory"),
        (bucket("GET", BUCKET).query(&[("inventory", ""), ("inventoryId", "1")]), "GetBucketInventory"),
        (bucket("DELETE", BUCKET).query(&[("inventory", ""), ("inventoryId", "1")]), "DeleteBucketInventory"),
        (bucket("PUT", BUCKET).query(&[("cors", "")]), "PutBucketCors"),
    ] {
        let answer = cloud.oss(&sent);
        refused(&answer, 501, "NotImplemented");
        assert_eq!(answer.element("Operation"), name);
    }
    assert_eq!(get(&cloud, "key").status, 404);
}

#[test]
fn a_header_that_comes_twice_is_looked_at_twice() {
    let cloud = Cloud::new();
    for (name, values) in [
        ("x-oss-storage-class", ["Standard", "IA"]),
        ("x-oss-object-acl", ["private", "public-read"]),
        ("x-oss-tagging", ["", "a=b"]),
        ("x-oss-server-side-encryption", ["", "AES256"]),
    ] {
        let twice = values.map(|value| (name, value));
        let answer = cloud.oss(&Sent::new("PUT", "key").headers(&twice).body("x"));
        refused(&answer, 501, "NotImplemented");
        assert_eq!(
            (answer.element("Header"), answer.element("HeaderValue")),
            (name.into(), values[1].into())
        );
    }
    assert_eq!(get(&cloud, "key").status, 404);
}
