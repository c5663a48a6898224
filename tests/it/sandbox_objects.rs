//! Object storage in the sandbox is as strict as the service's documents.

use base64::Engine as _;

use crate::common::cloud::Cloud;
use crate::common::raw::{Answer, Sent, Signer, pairs};

fn put(cloud: &Cloud, key: &str, body: impl Into<Vec<u8>>) -> Answer {
    cloud.oss(&Sent::new("PUT", key).body(body))
}

fn initiate(cloud: &Cloud, key: &str) -> String {
    cloud.oss(&Sent::new("POST", key).query(&[("uploads", "")])).element("UploadId")
}

fn part(at: (&str, &str), number: u32, body: impl Into<Vec<u8>>) -> Sent {
    let query = [("partNumber", number.to_string()), ("uploadId", at.1.to_owned())];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    Sent::new("PUT", at.0).query(&query).body(body)
}

fn put_part(cloud: &Cloud, at: (&str, &str), number: u32, body: impl Into<Vec<u8>>) -> Answer {
    cloud.oss(&part(at, number, body))
}

fn complete(cloud: &Cloud, at: (&str, &str), parts: &[(u32, &str)]) -> Answer {
    let part = |(number, etag): &(u32, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let parts: String = parts.iter().map(part).collect();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    cloud.oss(&Sent::new("POST", at.0).query(&[("uploadId", at.1)]).body(body))
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()), "{}", answer.text());
}

#[test]
fn an_object_is_told_as_it_was_put() {
    let cloud = Cloud::new();
    let request = Sent::new("PUT", "目录/文件 +%.bin")
        .headers(&[("content-type", "text/x"), ("x-oss-meta-Tool", "faas"), ("cache-control", "no-store")])
        .body("123456789");
    let put = cloud.oss(&request);
    assert_eq!(put.header("etag").unwrap_or_default(), "\"25F9E794323B453885F5181F1B624D0B\"");
    assert_eq!(put.header("x-oss-hash-crc64ecma").unwrap_or_default(), "11051210869376104954");
    assert_eq!(put.header("x-oss-request-id").unwrap_or_default().len(), 24);
    for method in ["GET", "HEAD"] {
        let answer = cloud.oss(&Sent::new(method, "目录/文件 +%.bin"));
        assert_eq!((answer.status, answer.header("content-length").unwrap_or_default()), (200, "9"));
        for (name, value) in [
            ("content-type", "text/x"),
            ("x-oss-meta-tool", "faas"),
            ("cache-control", "no-store"),
            ("x-oss-object-type", "Normal"),
            ("x-oss-hash-crc64ecma", "11051210869376104954"),
            ("etag", put.header("etag").unwrap_or_default()),
        ] {
            assert_eq!(answer.header(name).unwrap_or_default(), value, "{name}");
        }
    }
    assert_eq!(cloud.oss(&Sent::new("GET", "目录/文件 +%.bin")).text(), "123456789");
}

#[test]
fn ranges_are_ignored_clipped_or_refused_as_asked() {
    let cloud = Cloud::new();
    put(&cloud, "key", "0123456789");
    let get = |range: &str, standard: bool| {
        let mut headers = vec![("range", range)];
        if standard {
            headers.push(("x-oss-range-behavior", "standard"));
        }
        let answer = cloud.oss(&Sent::new("GET", "key").headers(&headers));
        assert_eq!(answer.header("x-oss-hash-crc64ecma").is_none(), answer.status == 416);
        (answer.status, answer.header("content-range").unwrap_or_default().to_owned(), answer.text())
    };
    assert_eq!(get("bytes=2-4", false), (206, "bytes 2-4/10".into(), "234".into()));
    assert_eq!(get("bytes=8-20", false), (200, String::new(), "0123456789".into()));
    assert_eq!(get("bytes=8-20", true), (206, "bytes 8-9/10".into(), "89".into()));
    assert_eq!(get("bytes=20-", true).0, 416);
}

#[test]
fn errors_of_head_come_in_a_header() {
    let answer = Cloud::new().oss(&Sent::new("HEAD", "absent"));
    assert_eq!((answer.status, answer.header("x-oss-ec").unwrap_or_default()), (404, "0026-00000001"));
    let document = base64::engine::general_purpose::STANDARD
        .decode(answer.header("x-oss-err").unwrap_or_default())
        .unwrap();
    let document = String::from_utf8(document).unwrap();
    for part in
        ["<Code>NoSuchKey</Code>", "<EC>0026-00000001</EC>", "troubleshoot?q=0026-00000001</RecommendDoc>"]
    {
        assert!(document.contains(part), "{document}");
    }
}

#[test]
fn names_that_break_the_rules_are_refused() {
    let cloud = Cloud::new();
    for key in ["/leading", "\\leading", &"x".repeat(1024)] {
        refused(&put(&cloud, key, "x"), 400, "InvalidObjectName");
    }
    for key in ["a//b/./../c", "..", "\u{1}\u{7f}", "emoji😀", "a+b c%20", &"é".repeat(511)] {
        assert_eq!(put(&cloud, key, "x").status, 200, "{key}");
        assert_eq!(cloud.oss(&Sent::new("GET", key)).text(), "x", "{key}");
    }
    for (bucket, status, code) in [
        ("Upper", 400, "InvalidBucketName"),
        ("xx", 400, "InvalidBucketName"),
        ("absent-bucket", 404, "NoSuchBucket"),
        ("faascmd-foreign", 403, "AccessDenied"),
        ("faascmd-beijing", 403, "AccessDenied"),
    ] {
        let request = Sent { bucket: bucket.into(), ..Sent::new("GET", "key") };
        let answer = cloud.oss(&request);
        refused(&answer, status, code);
        let endpoint = if bucket == "faascmd-beijing" { "oss-cn-beijing.aliyuncs.com" } else { "" };
        assert_eq!(answer.element("Endpoint"), endpoint);
    }
}

#[test]
fn a_put_is_held_to_its_md5_its_length_and_to_what_is_there() {
    let cloud = Cloud::new();
    let request = Sent::new("PUT", "key").headers(&[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")]).body("x");
    refused(&cloud.oss(&request), 400, "InvalidDigest");
    let signed = cloud.sign(&Sent::new("PUT", "key"), Signer::V4Header);
    let answer = cloud.send_head("PUT /faascmd-sandbox/key", &signed.headers, None, b"").unwrap();
    refused(&answer, 411, "MissingContentLength");
    let answer = cloud.send_head("PUT /faascmd-sandbox/key", &signed.headers, Some(6 << 30), b"").unwrap();
    refused(&answer, 400, "EntityTooLarge");
    assert_eq!(cloud.oss(&Sent::new("HEAD", "key")).status, 404);
    put(&cloud, "key", "first");
    let again = Sent::new("PUT", "key").headers(&[("x-oss-forbid-overwrite", "true")]).body("second");
    let answer = cloud.oss(&again);
    refused(&answer, 409, "FileAlreadyExists");
    assert_eq!(answer.element("EC"), "0026-00000002");
    let answer = cloud.oss(&Sent { query: pairs(&[("uploads", "")]), method: "POST".into(), ..again });
    refused(&answer, 409, "FileAlreadyExists");
    assert_eq!(cloud.oss(&Sent::new("GET", "key")).text(), "first");
}

#[test]
fn a_body_that_breaks_off_leaves_nothing() {
    let cloud = Cloud::new();
    let signed = cloud.sign(&Sent::new("PUT", "key"), Signer::V4Header);
    let mut stream = std::net::TcpStream::connect(cloud.address()).unwrap();
    let headers: String = signed.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "PUT /faascmd-sandbox/key HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: 10\r\n\r\nxyz"
    );
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    drop(stream);
    assert_eq!(cloud.oss(&Sent::new("HEAD", "key")).status, 404);
}

#[test]
fn parts_become_an_object_once_in_order_and_large_enough() {
    let cloud = Cloud::new();
    let id = initiate(&cloud, "key");
    let at = ("key", id.as_str());
    let first = put_part(&cloud, at, 1, vec![b'a'; 102_400]);
    let small = put_part(&cloud, at, 2, "small");
    let last = put_part(&cloud, at, 10_000, "last");
    let etags = [&first, &small, &last].map(|answer| answer.header("etag").unwrap_or_default().to_owned());
    let all = [(1, etags[0].as_str()), (2, &etags[1]), (10_000, &etags[2])];
    for number in [0, 10_001] {
        let answer = put_part(&cloud, at, number, "x");
        refused(&answer, 400, "InvalidArgument");
        assert_eq!(answer.element("EC"), "0017-00000220");
    }
    let answer = complete(&cloud, at, &[all[1], all[0]]);
    refused(&answer, 400, "InvalidPartOrder");
    assert_eq!(answer.element("EC"), "0042-00000209");
    let answer = complete(&cloud, at, &all);
    refused(&answer, 400, "EntityTooSmall");
    assert_eq!(
        (answer.element("EC").as_str(), answer.element("PartNumber").as_str()),
        ("0042-00000213", "2")
    );
    refused(&complete(&cloud, at, &[(1, &etags[2])]), 400, "InvalidPart");
    refused(&complete(&cloud, at, &[(3, &etags[2])]), 400, "InvalidPart");
    refused(&complete(&cloud, at, &[]), 400, "MalformedXML");
    let answer = complete(&cloud, at, &[all[0], all[2]]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.element("ETag").ends_with("-2&quot;"));
    let whole = [vec![b'a'; 102_400], b"last".to_vec()].concat();
    let got = cloud.oss(&Sent::new("GET", "key"));
    assert_eq!(got.body, whole);
    assert_eq!(
        got.header("x-oss-hash-crc64ecma").unwrap_or_default(),
        answer.header("x-oss-hash-crc64ecma").unwrap_or_default()
    );
    assert_eq!(
        put(&cloud, "same", whole).header("x-oss-hash-crc64ecma").unwrap_or_default(),
        got.header("x-oss-hash-crc64ecma").unwrap_or_default()
    );
    let answer = complete(&cloud, at, &[all[0], all[2]]);
    refused(&answer, 404, "NoSuchUpload");
    assert_eq!(answer.element("EC"), "0042-00000203");
    refused(&put_part(&cloud, at, 1, "x"), 404, "NoSuchUpload");
}

#[test]
fn complete_all_takes_every_part_and_no_list() {
    let cloud = Cloud::new();
    let id = initiate(&cloud, "key");
    put_part(&cloud, ("key", &id), 2, "b");
    put_part(&cloud, ("key", &id), 1, vec![b'a'; 102_400]);
    put_part(&cloud, ("key", &id), 2, "c");
    let all = Sent::new("POST", "key").query(&[("uploadId", &id)]).headers(&[("x-oss-complete-all", "yes")]);
    let both = cloud.oss(&all.clone().body("<CompleteMultipartUpload/>"));
    refused(&both, 400, "InvalidArgument");
    assert_eq!(both.element("EC"), "0042-00000216");
    assert_eq!(cloud.oss(&all).status, 200);
    let got = cloud.oss(&Sent::new("GET", "key").headers(&[("range", "bytes=-2")]));
    assert_eq!(got.text(), "ac");
}

#[test]
fn an_aborted_upload_is_gone() {
    let cloud = Cloud::new();
    let id = initiate(&cloud, "key");
    put_part(&cloud, ("key", &id), 1, "x");
    let abort = || cloud.oss(&Sent::new("DELETE", "key").query(&[("uploadId", &id)]));
    assert_eq!(abort().status, 204);
    refused(&abort(), 404, "NoSuchUpload");
    refused(&cloud.oss(&Sent::new("GET", "key").query(&[("uploadId", &id)])), 404, "NoSuchUpload");
}

#[test]
fn ten_thousand_objects_and_parts_are_listed_page_by_page() {
    let cloud = Cloud::new();
    let id = initiate(&cloud, "many");
    let parts = (1..=10_000).map(|number| part(("many", &id), number, "x"));
    assert!(cloud.many(parts).iter().all(|answer| answer.status == 200));
    let (mut pages, mut found, mut marker) = (0, 0, String::new());
    loop {
        let query = [("uploadId", id.as_str()), ("part-number-marker", &marker)];
        let answer = cloud.oss(&Sent::new("GET", "many").query(&query));
        found += answer.text().matches("<Part>").count();
        pages += 1;
        marker = answer.element("NextPartNumberMarker");
        if answer.element("IsTruncated") == "false" {
            break;
        }
    }
    assert_eq!((pages, found, marker.as_str()), (10, 10_000, "10000"));
    let objects = (0..10_000).map(|number| Sent::new("PUT", &format!("dir/{number:05}")).body("x"));
    assert!(cloud.many(objects).iter().all(|answer| answer.status == 200));
    let (mut pages, mut found, mut token) = (0, 0, String::new());
    loop {
        let query = [("list-type", "2"), ("max-keys", "1000"), ("continuation-token", &token)];
        let answer = cloud.oss(&Sent::new("GET", "").query(&query));
        found += answer.text().matches("<Contents>").count();
        pages += 1;
        token = answer.element("NextContinuationToken");
        if answer.element("IsTruncated") == "false" {
            break;
        }
    }
    assert_eq!((pages, found), (10, 10_000));
}

#[test]
fn lists_refuse_what_is_out_of_bounds() {
    let cloud = Cloud::new();
    for (name, value) in
        [("max-keys", "0"), ("max-keys", "1001"), ("max-keys", "x"), ("encoding-type", "base64")]
    {
        let answer = cloud.oss(&Sent::new("GET", "").query(&[("list-type", "2"), (name, value)]));
        refused(&answer, 400, "InvalidArgument");
        assert_eq!(answer.element("ArgumentValue"), value);
    }
    let query = [("list-type", "2"), ("continuation-token", "%%%")];
    refused(&cloud.oss(&Sent::new("GET", "").query(&query)), 400, "InvalidArgument");
}

#[test]
fn uploads_are_listed_by_key_and_id() {
    let cloud = Cloud::new();
    let mut ids: Vec<(String, String)> =
        ["b", "a", "b", "dir/c"].map(|key| (key.to_owned(), initiate(&cloud, key))).into();
    ids.sort();
    let mut found = Vec::new();
    let (mut key_marker, mut id_marker) = (String::new(), String::new());
    loop {
        let query = [
            ("uploads", ""),
            ("max-uploads", "1"),
            ("key-marker", key_marker.as_str()),
            ("upload-id-marker", &id_marker),
        ];
        let answer = cloud.oss(&Sent::new("GET", "").query(&query));
        let text = answer.text();
        let upload = text.split_once("<Upload>").unwrap().1.to_owned();
        let of = |name: &str| {
            upload.split_once(&format!("<{name}>")).unwrap().1.split_once("</").unwrap().0.to_owned()
        };
        found.push((of("Key"), of("UploadId")));
        (key_marker, id_marker) = (answer.element("NextKeyMarker"), answer.element("NextUploadIdMarker"));
        if answer.element("IsTruncated") == "false" {
            break;
        }
    }
    assert_eq!(found, ids);
}
