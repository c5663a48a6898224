//! `object url`, and `oss://BUCKET/KEY` wherever a key is taken.

use crate::common::cloud::Cloud;
use crate::common::http::{Answer, send};
use crate::common::world::Ran;

/// The part of a URL behind the host, as a request line has it.
fn target<'a>(cloud: &Cloud, url: &'a str) -> &'a str {
    let origin = format!("http://{}", cloud.address());
    url.trim_end().strip_prefix(&origin).unwrap_or_else(|| panic!("{url} is not at {origin}"))
}

fn ask(cloud: &Cloud, method: &str, url: &str, body: &[u8]) -> Answer {
    send(cloud.address(), &format!("{method} {}", target(cloud, url)), &[], body)
}

#[test]
fn a_url_reads_and_writes_one_object_without_a_key() {
    let cloud = Cloud::new();
    let key = "in/a b+目录.bin";
    let put = cloud.faascmd(&["object", "url", key, "--method", "put", "--expires", "10m"]).exits(0).stdout;
    assert_eq!(ask(&cloud, "PUT", &put, b"content").code(), "200");
    let Ran { stdout: get, stderr, .. } = cloud.faascmd(&["object", "url", key]).exits(0);
    assert_eq!(stderr, "");
    assert_eq!(ask(&cloud, "GET", &get, b"").text(), "content");
    assert_eq!(ask(&cloud, "PUT", &get, b"other").code(), "403 SignatureDoesNotMatch");
    let longer = get.replace("x-oss-expires=3600", "x-oss-expires=36000");
    assert_ne!(longer, get);
    assert_eq!(ask(&cloud, "GET", &longer, b"").code(), "403 SignatureDoesNotMatch");
}

#[test]
fn the_document_says_what_it_allows_and_until_when() {
    let cloud = Cloud::new();
    let args = ["object", "url", "oss://faascmd-sandbox/a", "--expires", "7d", "-o", "json"];
    let url = cloud.faascmd(&args).exits(0).json();
    assert_eq!(url["schema"], "faascmd.object.url/1");
    assert_eq!(
        (&url["method"], &url["bucket"], &url["key"]),
        (&"GET".into(), &"faascmd-sandbox".into(), &"a".into())
    );
    let expires: jiff::Timestamp = url["expires"].as_str().unwrap().parse().unwrap();
    let days = expires.duration_since(jiff::Timestamp::now()).as_hours();
    assert!((167..=168).contains(&days), "{url}");
    for wrong in ["0s", "8d", "soon"] {
        cloud.faascmd(&["object", "url", "a", "--expires", wrong]).exits(2);
    }
    cloud.faascmd(&["object", "url", "oss://faascmd-sandbox/"]).exits(2);
}

#[test]
fn a_url_of_a_temporary_key_carries_its_token() {
    let cloud = Cloud::new();
    let of_role = [("ALIBABA_CLOUD_ACCESS_KEY_ID", ""), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")];
    let ran =
        cloud.faascmd_with(&of_role, &["object", "url", "a", "--method", "put", "--expires", "7d"]).exits(0);
    assert!(ran.stdout.contains("x-oss-security-token="), "{}", ran.stdout);
    assert!(ran.stderr.contains("the URL ends with it, in "), "{}", ran.stderr);
    assert_eq!(ask(&cloud, "PUT", &ran.stdout, b"content").code(), "200");
    let altered = ran.stdout.replace("x-oss-security-token=", "x-oss-security-token=A");
    assert_eq!(ask(&cloud, "PUT", &altered, b"content").status, 403);
}

#[test]
fn what_the_program_prints_as_an_object_it_takes_as_one() {
    let cloud = Cloud::new();
    cloud.world.file("a.bin", "content");
    let elsewhere = [("FAASCMD_BUCKET", "another-bucket")];
    let run = |args: &[&str]| cloud.faascmd_with(&elsewhere, &[args, &["-o", "json"]].concat());
    run(&["object", "put", "a.bin", "oss://faascmd-sandbox"]).exits(0);
    run(&["object", "put", "a.bin", "oss://faascmd-sandbox/k/"]).exits(0);
    run(&["object", "put", "a.bin", "--to", "oss://faascmd-sandbox/many/"]).exits(0);
    let list = run(&["object", "ls", "oss://faascmd-sandbox/"]).exits(0).json();
    let keys: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["key"].clone()).collect();
    assert_eq!(keys, ["a.bin", "k/a.bin", "many/a.bin"]);
    assert_eq!(
        run(&["object", "get", "oss://faascmd-sandbox/k/a.bin", "back"]).exits(0).json()["bucket"],
        "faascmd-sandbox"
    );
    assert_eq!(std::fs::read(cloud.world.path().join("back")).unwrap(), b"content");
    let mixed = run(&["object", "rm", "oss://faascmd-sandbox/a.bin", "k/a.bin"]).exits(2).error();
    assert_eq!(mixed["message"], "the keys are in several buckets: faascmd-sandbox and another-bucket");
    run(&["object", "rm", "oss://faascmd-sandbox/a.bin", "oss://faascmd-sandbox/k/a.bin", "--yes"]).exits(0);
    run(&["object", "get", "oss://faascmd-sandbox/"]).exits(2);
    run(&["object", "ls", "oss://No_Bucket/"]).exits(2);
}

#[test]
fn the_second_of_two_files_is_no_key() {
    let cloud = Cloud::new();
    for name in ["a.gbs", "b.gbs"] {
        cloud.world.file(name, name);
    }
    let error = cloud.faascmd(&["object", "put", "a.gbs", "b.gbs", "-o", "json"]).exits(2).error();
    assert_eq!(error["message"], "b.gbs is a file here, and the key of a.gbs is expected");
    assert_eq!(error["hints"][0], "to send both: faascmd object put a.gbs b.gbs --to PREFIX/");
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout, "");
    cloud.faascmd(&["object", "put", "a.gbs", "a.gbs"]).exits(0);
    cloud.faascmd(&["object", "put", "a.gbs", "oss://faascmd-sandbox/b.gbs"]).exits(0);
}
