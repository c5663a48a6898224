//! What people's tools ask of object storage on the plain path, to the byte, and what is refused by its name.

use std::io::BufReader;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::common::cloud::Cloud;
use crate::common::http::{connect, exchange, head};
use crate::common::raw::{Answer, BUCKET, Sent, Signer};

const OPERATOR: &str = "acs:ram::1234567890123456:role/SandboxOperatorRole";

fn put(cloud: &Cloud, key: &str, body: impl Into<Vec<u8>>) -> Answer {
    cloud.oss(&Sent::new("PUT", key).body(body))
}

fn get(cloud: &Cloud, key: &str) -> Answer {
    cloud.oss(&Sent::new("GET", key))
}

fn copy(to: &str, source: &str) -> Sent {
    Sent::new("PUT", to).headers(&[("x-oss-copy-source", source)])
}

fn initiate(cloud: &Cloud, key: &str) -> String {
    cloud.oss(&Sent::new("POST", key).query(&[("uploads", "")])).element("UploadId")
}

fn complete(cloud: &Cloud, key: &str, id: &str, etags: &[String]) -> Answer {
    let part = |(number, etag): (usize, &String)| {
        format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", number + 1)
    };
    let parts: String = etags.iter().enumerate().map(part).collect();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    cloud.oss(&Sent::new("POST", key).query(&[("uploadId", id)]).body(body))
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()), "{}", answer.text());
}

#[test]
fn the_etag_of_parts_is_the_md5_of_their_digits() {
    let cloud = Cloud::new();
    let id = initiate(&cloud, "key");
    let etags: Vec<String> = [vec![b'a'; 102_400], b"end".to_vec()]
        .into_iter()
        .zip(["1", "2"])
        .map(|(body, number)| {
            let query = [("partNumber", number), ("uploadId", id.as_str())];
            let answer = cloud.oss(&Sent::new("PUT", "key").query(&query).body(body));
            answer.header("etag").unwrap().to_owned()
        })
        .collect();
    let digits: String = etags.iter().map(|etag| etag.trim_matches('"')).collect();
    let md5 = <md5::Md5 as md5::Digest>::digest(digits.as_bytes());
    let md5: String = md5.iter().map(|byte| format!("{byte:02X}")).collect();
    let expected = format!("\"{md5}-2\"");
    assert_eq!(complete(&cloud, "key", &id, &etags).header("etag"), Some(expected.as_str()));
    let told = cloud.oss(&Sent::new("HEAD", "key"));
    assert_eq!((told.header("etag"), told.header("content-md5")), (Some(expected.as_str()), None));
}

#[test]
fn uploads_are_rolled_up_by_the_key_alone() {
    let cloud = Cloud::new();
    for key in ["dir/a", "dir/b", "top"] {
        initiate(&cloud, key);
    }
    let list = |query: &[(&str, &str)]| {
        cloud.oss(&Sent::new("GET", "").query(&[("uploads", "")]).query(query)).text()
    };
    let rolled = list(&[("delimiter", "/")]);
    assert!(rolled.contains("<CommonPrefixes>\n    <Prefix>dir/</Prefix>"), "{rolled}");
    assert_eq!((rolled.matches("<Upload>").count(), rolled.matches("<Key>top</Key>").count()), (1, 1));
    // `p` is in the key `top`, and an id has the digits of a UUID: neither may roll up by the other.
    let by_letter = list(&[("delimiter", "A")]);
    assert_eq!(by_letter.matches("<Upload>").count(), 3, "{by_letter}");
    let first = list(&[("delimiter", "/"), ("max-uploads", "1")]);
    assert!(first.contains("<NextKeyMarker>dir/</NextKeyMarker>"), "{first}");
    let next = list(&[("delimiter", "/"), ("max-uploads", "1"), ("key-marker", "dir/")]);
    assert!(next.contains("<Key>top</Key>") && next.contains("<IsTruncated>false"), "{next}");
}

#[test]
fn a_sub_resource_of_another_operation_is_refused_and_nothing_is_done() {
    let cloud = Cloud::new();
    put(&cloud, "key", "old");
    let bucket = |method: &str| Sent { key: String::new(), ..Sent::new(method, "") };
    for (request, named) in [
        (bucket("DELETE").query(&[("style", ""), ("styleName", "x")]), "DeleteBucketStyle"),
        (bucket("DELETE").query(&[("unheard-of", "")]), "DeleteBucketUnheard-of"),
        (bucket("PUT").query(&[("lifecycle", "")]), "PutBucketLifecycle"),
        (bucket("GET").query(&[("policy", "")]), "GetBucketPolicy"),
        (bucket("POST"), "PostObject"),
        (Sent::new("DELETE", "key").query(&[("objectInfo", "")]), "DeleteObjectObjectInfo"),
        (Sent::new("DELETE", "key").query(&[("versionId", "1")]), "DeleteObjectVersionId"),
        (
            Sent::new("PUT", "key").query(&[("objectWormConfiguration", "")]),
            "PutObjectObjectWormConfiguration",
        ),
        (Sent::new("PUT", "key").query(&[("uploadId", "1")]), "PutObjectUploadId"),
        (Sent::new("PUT", "key").query(&[("acl", "")]), "PutObjectAcl"),
        (Sent::new("PUT", "key").query(&[("acl", "private")]), "PutObjectAcl"),
        (Sent::new("PUT", "key").query(&[("ACL", "")]), "PutObjectACL"),
        (Sent::new("DELETE", "key").query(&[("objectInfo", "1")]), "DeleteObjectObjectInfo"),
        (bucket("DELETE").query(&[("lifecycle", "x")]), "DeleteBucketLifecycle"),
        (bucket("PUT").query(&[("versioning", "x"), ("acl", "")]), "PutBucket"),
        (Sent::new("PUT", "key").query(&[("tagging", "")]), "PutObjectTagging"),
        (Sent::new("PUT", "key").query(&[("live", "")]), "PutLiveChannel"),
        (Sent::new("POST", "key").query(&[("append", ""), ("position", "0")]), "AppendObject"),
        (Sent::new("POST", "key").query(&[("x-oss-process", "csv/select")]), "SelectObject"),
        (Sent::new("GET", "key").query(&[("x-oss-process", "image/info")]), "image processing"),
    ] {
        let answer = cloud.oss(&request.clone().body("new"));
        refused(&answer, 501, "NotImplemented");
        assert!(answer.element("Message").contains(named), "{request:?}: {}", answer.text());
    }
    assert_eq!(get(&cloud, "key").text(), "old");
    let form = [("content-type", "multipart/form-data; boundary=x")];
    refused(&cloud.send(&Sent::new("POST", "").headers(&form).body("--x--")).unwrap(), 501, "NotImplemented");
}

#[test]
fn a_header_that_asks_for_what_is_not_here_is_refused_by_name() {
    let cloud = Cloud::new();
    put(&cloud, "source", "x");
    for (name, value) in [
        ("x-oss-object-acl", "public-read"),
        ("x-oss-server-side-encryption", "AES256"),
        ("x-oss-storage-class", "IA"),
        ("x-oss-tagging", "a=b"),
        ("x-oss-callback", "eyJjYWxsYmFja1VybCI6IngifQ=="),
    ] {
        let uploads = Sent::new("POST", "key").query(&[("uploads", "")]);
        for request in [Sent::new("PUT", "key").body("x"), uploads, copy("key", "/faascmd-sandbox/source")] {
            let answer = cloud.oss(&request.headers(&[(name, value)]));
            refused(&answer, 501, "NotImplemented");
            assert_eq!(
                (answer.element("Header"), answer.element("HeaderValue")),
                (name.into(), value.into())
            );
        }
    }
    assert_eq!(get(&cloud, "key").status, 404);
    let acl =
        Sent { bucket: "another".into(), ..Sent::new("PUT", "") }.headers(&[("x-oss-acl", "public-read")]);
    refused(&cloud.oss(&acl), 501, "NotImplemented");
    let plain = [("x-oss-storage-class", "Standard"), ("x-oss-object-acl", "private")];
    assert_eq!(cloud.oss(&Sent::new("PUT", "key").headers(&plain)).status, 200);
}

#[test]
fn a_copy_is_told_as_its_source_or_as_the_request_says() {
    let cloud = Cloud::new();
    let source = Sent::new("PUT", "dir/quelle +%.bin")
        .headers(&[("content-type", "text/x"), ("x-oss-meta-a", "1")])
        .body("123456789");
    let etag = cloud.oss(&source).header("etag").unwrap().to_owned();
    let from = "/faascmd-sandbox/dir/quelle%20%2B%25.bin";
    let copied = cloud.oss(&copy("copy", from));
    assert_eq!((copied.status, copied.element("ETag")), (200, etag.replace('"', "&quot;")));
    assert_eq!(copied.header("x-oss-hash-crc64ecma"), Some("11051210869376104954"));
    let told = get(&cloud, "copy");
    assert_eq!((told.text().as_str(), told.header("etag")), ("123456789", Some(etag.as_str())));
    assert_eq!((told.header("content-type"), told.header("x-oss-meta-a")), (Some("text/x"), Some("1")));

    let other = [("content-type", "text/y"), ("x-oss-meta-b", "2")];
    let replaced = copy("copy", from).headers(&[("x-oss-metadata-directive", "REPLACE")]).headers(&other);
    assert_eq!(cloud.oss(&replaced).status, 200);
    let told = cloud.oss(&Sent::new("HEAD", "copy"));
    assert_eq!((told.header("content-type"), told.header("x-oss-meta-a")), (Some("text/y"), None));
    assert_eq!(told.header("x-oss-meta-b"), Some("2"));

    // Onto itself only what is told about it changes, whatever the directive.
    assert_eq!(
        cloud.oss(&copy("copy", "/faascmd-sandbox/copy").headers(&[("x-oss-meta-c", "3")])).status,
        200
    );
    let told = get(&cloud, "copy");
    assert_eq!((told.text().as_str(), told.header("x-oss-meta-c")), ("123456789", Some("3")));
    assert_eq!(told.header("x-oss-meta-b"), None);

    // The bytes are the copy's own: the source may go.
    cloud.oss(&Sent::new("DELETE", "dir/quelle +%.bin"));
    assert_eq!(get(&cloud, "copy").text(), "123456789");
}

#[test]
fn a_copy_holds_to_its_conditions_and_its_permissions() {
    let mut cloud = Cloud::new();
    let etag = put(&cloud, "source", "x").header("etag").unwrap().to_owned();
    let other = Sent::new("GET", "source").headers(&[("if-match", "\"other\"")]);
    assert_eq!(cloud.oss(&other).element("Condition"), "If-Match");
    let from = "/faascmd-sandbox/source";
    let past = "Sat, 01 Jan 2000 00:00:00 GMT";
    for (name, value, status) in [
        ("x-oss-copy-source-if-match", etag.as_str(), 200),
        ("x-oss-copy-source-if-match", "\"other\"", 412),
        ("x-oss-copy-source-if-none-match", "\"other\"", 200),
        ("x-oss-copy-source-if-none-match", &etag, 304),
        ("x-oss-copy-source-if-modified-since", past, 200),
        ("x-oss-copy-source-if-unmodified-since", past, 412),
        ("x-oss-metadata-directive", "KEEP", 400),
    ] {
        let answer = cloud.oss(&copy("copy", from).headers(&[(name, value)]));
        assert_eq!(answer.status, status, "{name}: {value}");
    }
    let forbidden = copy("copy", from).headers(&[("x-oss-forbid-overwrite", "true")]);
    refused(&cloud.oss(&forbidden), 409, "FileAlreadyExists");
    refused(&cloud.oss(&copy("copy", "/faascmd-sandbox/absent")), 404, "NoSuchKey");
    refused(&cloud.oss(&copy("copy", "/no-such-bucket/key")), 404, "NoSuchBucket");
    refused(&cloud.oss(&copy("copy", "/faascmd-foreign/key")), 403, "AccessDenied");
    refused(&cloud.oss(&copy("copy", "nothing")), 400, "InvalidArgument");
    refused(&cloud.oss(&copy("copy", "/faascmd-sandbox/source?versionId=1")), 501, "NotImplemented");

    // A role that may put, and may get from elsewhere only, copies nothing out of the bucket.
    let policy =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:PutObject","Resource":"*"}]}"#;
    let ram = |action: &str, given: &[(&str, &str)]| {
        crate::common::rpc::call(&cloud, &cloud.credential, ("2015-05-01", action), given)
    };
    let trust = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"RAM":["acs:ram::1234567890123456:root"]}}]}"#;
    assert_eq!(
        ram("CreateRole", &[("RoleName", "putter"), ("AssumeRolePolicyDocument", trust)]).code(),
        "200"
    );
    assert_eq!(ram("CreatePolicy", &[("PolicyName", "puts"), ("PolicyDocument", policy)]).code(), "200");
    let attached = [("PolicyType", "Custom"), ("PolicyName", "puts"), ("RoleName", "putter")];
    assert_eq!(ram("AttachPolicyToRole", &attached).code(), "200");
    let role = OPERATOR.replace("SandboxOperatorRole", "putter");
    let given = [("RoleArn", role.as_str()), ("RoleSessionName", "test")];
    let answer = crate::common::rpc::call(&cloud, &cloud.credential, ("2015-04-01", "AssumeRole"), &given);
    let text = |name: &str| answer.json()["Credentials"][name].as_str().unwrap().to_owned();
    let key = faascmd::testing::sign::Credential::long_lived(text("AccessKeyId"), text("AccessKeySecret"));
    cloud.credential = key.with_token(text("SecurityToken"));
    assert_eq!(put(&cloud, "other", "x").status, 200);
    refused(&cloud.oss(&copy("stolen", from)), 403, "AccessDenied");
}

#[test]
fn a_copied_part_has_its_etag_in_the_header_too() {
    let cloud = Cloud::new();
    put(&cloud, "source", "0123456789");
    let id = initiate(&cloud, "key");
    let request = copy("key", "/faascmd-sandbox/source")
        .query(&[("partNumber", "1"), ("uploadId", &id)])
        .headers(&[("x-oss-copy-source-range", "bytes=2-5")]);
    let answer = cloud.oss(&request);
    let etag = answer.header("etag").unwrap().to_owned();
    assert_eq!(answer.element("ETag"), etag.replace('"', "&quot;"));
    assert_eq!(complete(&cloud, "key", &id, &[etag]).status, 200);
    assert_eq!(get(&cloud, "key").text(), "2345");
}

#[test]
fn names_that_are_encoded_are_said_to_be() {
    let cloud = Cloud::new();
    let encoded = ("encoding-type", "url");
    let initiated = cloud.oss(&Sent::new("POST", "a b").query(&[("uploads", ""), encoded]));
    let id = initiated.element("UploadId");
    put(&cloud, "a b", "x");
    let query = [("partNumber", "1"), ("uploadId", id.as_str())];
    let etag = cloud.oss(&Sent::new("PUT", "a b").query(&query).body("x")).header("etag").unwrap().to_owned();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let completed = cloud.oss(&Sent::new("POST", "a b").query(&[("uploadId", &id), encoded]).body(body));
    for answer in [&initiated, &completed] {
        assert_eq!((answer.element("EncodingType"), answer.element("Key")), ("url".into(), "a%20b".into()));
    }
}

#[test]
fn the_location_of_an_object_can_be_asked_again() {
    let cloud = Cloud::new();
    let address = cloud.address();
    let id = initiate(&cloud, "a b");
    let query = [("partNumber", "1"), ("uploadId", id.as_str())];
    cloud.oss(&Sent::new("PUT", "a b").query(&query).body("x"));
    let all = Sent::new("POST", "a b")
        .query(&[("uploadId", &id)])
        .headers(&[("x-oss-complete-all", "yes"), ("host", &address.to_string())]);
    let location = cloud.oss(&all).element("Location");
    assert_eq!(location, format!("http://{address}/{BUCKET}/a%20b"));
}

#[test]
fn an_upload_that_is_not_there_has_the_cause_of_each_operation() {
    let cloud = Cloud::new();
    put(&cloud, "source", "x");
    let id = [("uploadId", "none")];
    let part = [("partNumber", "1"), ("uploadId", "none")];
    let all = [("x-oss-complete-all", "yes")];
    for (request, ec) in [
        (Sent::new("PUT", "key").query(&part), "0042-00000104"),
        (copy("key", "/faascmd-sandbox/source").query(&part), "0042-00000311"),
        (Sent::new("POST", "key").query(&id).headers(&all), "0042-00000203"),
        (Sent::new("DELETE", "key").query(&id), "0042-00000002"),
        (Sent::new("GET", "key").query(&id), "0042-00000002"),
    ] {
        let answer = cloud.oss(&request);
        refused(&answer, 404, "NoSuchUpload");
        assert_eq!(answer.element("EC"), ec, "{request:?}");
    }
}

#[test]
fn a_body_that_nobody_wants_does_not_spoil_the_connection() {
    let cloud = Cloud::new();
    put(&cloud, "key", "x");
    let request = |index: usize| match index % 4 {
        0 => Sent::new("GET", "key").body(vec![b'G'; 100_000]),
        1 => Sent::new("DELETE", "none").body("GET / HTTP/1.1\r\n\r\n"),
        2 => copy("copy", "/faascmd-sandbox/key").body(vec![b'P'; 300_000]),
        _ => Sent::new("PUT", "key").query(&[("tagging", "")]).body(vec![b'x'; 200_000]),
    };
    let answers = cloud.many((0..40).map(request));
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 204, 200, 501].repeat(10));
}

#[test]
fn a_rest_that_is_too_long_to_be_read_closes_the_connection() {
    let cloud = Cloud::new();
    let request = cloud.sign(&Sent::new("GET", "none"), Signer::V4Header);
    let mut headers = request.headers.clone();
    headers.push(("content-length".into(), (2_u64 << 30).to_string()));
    let mut stream = BufReader::new(connect(cloud.address()).unwrap());
    let answer = exchange(&mut stream, &head(&format!("GET /{BUCKET}/none"), &headers), b"x").unwrap();
    assert_eq!((answer.status, answer.header("connection")), (404, Some("close")));
}

#[test]
fn a_whole_object_is_told_with_its_md5() {
    let cloud = Cloud::new();
    let md5 = put(&cloud, "key", "hello world").header("content-md5").unwrap().to_owned();
    assert_eq!(md5, BASE64.encode(<md5::Md5 as md5::Digest>::digest(b"hello world")));
    for method in ["GET", "HEAD"] {
        assert_eq!(
            cloud.oss(&Sent::new(method, "key")).header("content-md5"),
            Some(md5.as_str()),
            "{method}"
        );
    }
}

#[test]
fn buckets_are_listed_in_pages_and_told() {
    let cloud = Cloud::new();
    let service = || Sent { bucket: String::new(), ..Sent::new("GET", "") };
    let first = cloud.oss(&service().query(&[("max-keys", "1")]));
    assert_eq!(
        (first.element("IsTruncated"), first.element("NextMarker")),
        ("true".into(), "faascmd-beijing".into())
    );
    let rest = cloud.oss(&service().query(&[("max-keys", "1"), ("marker", "faascmd-beijing")]));
    assert_eq!((rest.element("IsTruncated"), rest.element("Name")), ("false".into(), BUCKET.into()));
    put(&cloud, "a", "123");
    initiate(&cloud, "b");
    let stat = cloud.oss(&Sent::new("GET", "").query(&[("stat", "")]));
    let last = cloud.oss(&Sent::new("GET", "").query(&[("uploads", "")]));
    assert_eq!((last.element("NextKeyMarker"), last.element("IsTruncated")), ("b".into(), "false".into()));
    let told = ["Storage", "ObjectCount", "MultipartUploadCount", "ArchiveRealStorage", "DeleteMarkerCount"];
    assert_eq!(told.map(|name| stat.element(name)), ["3", "1", "1", "0", "0"]);
    let info = cloud.oss(&Sent::new("GET", "").query(&[("bucketInfo", "")]));
    let told = ["Name", "Grant", "DataRedundancyType", "SSEAlgorithm"].map(|name| info.element(name));
    assert_eq!(told, [BUCKET, "private", "LRS", "None"]);
    assert!(info.element("ResourceGroupId").starts_with("rg-"));
    for prefix in ["Upper", "-", "a.b"] {
        let answer = cloud.oss(&service().query(&[("prefix", prefix)]));
        refused(&answer, 400, "InvalidArgument");
        assert_eq!(answer.header("x-oss-ec"), Some("0017-00000290"));
    }
    assert_eq!(cloud.oss(&service().query(&[("prefix", "faascmd-s")])).element("Name"), BUCKET);
    assert_eq!(cloud.oss(&Sent::new("HEAD", "")).status, 200);
    assert_eq!(cloud.oss(&Sent { bucket: "no-such-bucket".into(), ..Sent::new("HEAD", "") }).status, 404);
}

#[test]
fn an_object_s_acl_is_what_it_was_put_with() {
    let cloud = Cloud::new();
    let acl = |key: &str| cloud.oss(&Sent::new("GET", key).query(&[("acl", "")]));
    put(&cloud, "plain", "x");
    cloud.oss(&Sent::new("PUT", "own").headers(&[("x-oss-object-acl", "private")]).body("x"));
    cloud.oss(&copy("copy", "/faascmd-sandbox/own"));
    let id = initiate(&cloud, "parts");
    let part = [("partNumber", "1"), ("uploadId", id.as_str())];
    cloud.oss(&Sent::new("PUT", "parts").query(&part).body("x"));
    let all = [("x-oss-complete-all", "yes"), ("x-oss-object-acl", "private")];
    cloud.oss(&Sent::new("POST", "parts").query(&[("uploadId", &id)]).headers(&all));
    assert_eq!(acl("parts").element("Grant"), "private");
    let grants = ["plain", "own", "copy"].map(|key| acl(key).element("Grant"));
    assert_eq!(grants, ["default", "private", "default"]);
    refused(&acl("absent"), 404, "NoSuchKey");
}

#[test]
fn the_second_list_names_owners_when_asked() {
    let cloud = Cloud::new();
    put(&cloud, "key", "x");
    let list = |owner: &str| {
        let query = [("list-type", "2"), ("fetch-owner", owner)];
        cloud.oss(&Sent::new("GET", "").query(&query)).text().contains("<Owner>")
    };
    assert_eq!([list("true"), list("false")], [true, false]);
}

#[test]
fn a_limit_of_traffic_is_a_number_that_the_service_takes() {
    let cloud = Cloud::new();
    put(&cloud, "key", "content");
    for limit in ["245759", "838860801", "fast", ""] {
        let header = [("x-oss-traffic-limit", limit)];
        refused(
            &cloud.oss(&Sent::new("PUT", "other").headers(&header).body("content")),
            400,
            "InvalidArgument",
        );
        refused(&cloud.oss(&Sent::new("GET", "key").headers(&header)), 400, "InvalidArgument");
    }
    let query = [("x-oss-traffic-limit", "838860800")];
    assert_eq!(cloud.oss(&Sent::new("GET", "key").query(&query)).text(), "content");
    let limited = cloud.oss(&Sent::new("PUT", "other").query(&query).body("content"));
    assert_eq!((limited.status, limited.header("x-oss-qos-delay-time")), (200, Some("0")));
    // 3 kB at 30,720 bytes per second.
    let slow = [("x-oss-traffic-limit", "245760")];
    let limited = cloud.oss(&Sent::new("PUT", "other").headers(&slow).body(vec![0; 3072]));
    assert_eq!(limited.header("x-oss-qos-delay-time"), Some("100"));
    assert_eq!(put(&cloud, "other", "content").header("x-oss-qos-delay-time"), None);
}

#[test]
fn a_sub_resource_that_is_not_here_is_signed_in_v1_as_the_sdks_do() {
    let cloud = Cloud::new();
    for name in ["cors", "metaQuery", "asyncFetch", "httpsConfig"] {
        let request = cloud.sign(&Sent::new("PUT", "key").query(&[(name, "")]), Signer::V1Header);
        refused(&cloud.send(&request).unwrap(), 501, "NotImplemented");
    }
}
