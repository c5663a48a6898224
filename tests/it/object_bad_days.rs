//! Uploads and downloads on bad days: nothing wrong is stored, and no file is lost.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::{Mutex, Once};

use crate::common::bytes::bytes;
use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line, part_of};
use crate::common::raw::Sent;
use crate::common::world::ran;

const MIB: usize = 1 << 20;

#[test]
fn faults_of_every_kind_at_once_are_survived() {
    let faults = ["server-error=0.2", "wrong-crc=0.2", "throttle=0.2", "reset-after=1500000"];
    let flags: Vec<_> =
        faults.iter().flat_map(|fault| ["--fault", fault]).chain(["--fault-seed", "9"]).collect();
    let cloud = Cloud::start(&flags);
    cloud.world.file("f", bytes(8 * MIB + 5, 1));
    cloud.faascmd(&["object", "put", "f", "--part-size", "1MiB", "--jobs", "8"]).exits(0);
    let requests = cloud.requests();
    for fault in ["server-error", "wrong-crc", "throttle", "reset-after"] {
        assert!(requests.iter().any(|request| request["fault"] == fault), "{fault} did not strike");
    }
    assert_eq!(count(&requests, "InitiateMultipartUpload"), 1 + failed(&requests, "InitiateMultipartUpload"));
}

fn failed(requests: &[serde_json::Value], action: &str) -> usize {
    let failed = |r: &&serde_json::Value| r["action"] == action && r["status"] != 200;
    requests.iter().filter(failed).count()
}

#[test]
fn a_part_that_arrives_wrong_is_sent_again_and_not_the_file() {
    let cloud = Cloud::start(&["--fault", "corrupt-body=0.3", "--fault-seed", "1"]);
    cloud.world.file("f", bytes(8 * MIB, 1));
    cloud.faascmd(&["object", "put", "f", "--part-size", "1MiB"]).exits(0);
    let requests = cloud.requests();
    assert_eq!(count(&requests, "InitiateMultipartUpload"), 1);
    assert!((9..16).contains(&count(&requests, "UploadPart")), "{}", count(&requests, "UploadPart"));
}

#[test]
fn a_lost_answer_to_the_last_request_is_no_failure() {
    let cloud =
        Cloud::start(&["--fault", "lost-answer=CompleteMultipartUpload", "--fault", "lost-answer=PutObject"]);
    cloud.world.file("f", bytes(3 * MIB, 1));
    cloud.faascmd(&["object", "put", "f", "--part-size", "1MiB", "--no-clobber"]).exits(0);
    assert_eq!(count(&cloud.requests(), "UploadPart"), 3);
    cloud.faascmd(&["object", "put", "f", "g", "--no-clobber"]).exits(0);
    assert_eq!(count(&cloud.requests(), "PutObject"), 2);
}

#[test]
fn a_file_that_changes_while_it_is_sent_stores_nothing() {
    let cloud = Cloud::start(&[]);
    type Change = fn(&Path);
    let changes: [(&str, Change); 3] = [
        ("its size was", |path| {
            std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(4 * MIB as u64).unwrap()
        }),
        ("it was written to", |path| std::fs::write(path, bytes(6 * MIB, 2)).unwrap()),
        ("another file has taken its place", |path| {
            let other = path.with_file_name("other");
            std::fs::write(&other, bytes(6 * MIB, 3)).unwrap();
            std::fs::rename(other, path).unwrap();
        }),
    ];
    for (says, change) in changes {
        let (path, changed) = (cloud.world.file("f", bytes(6 * MIB, 1)), Once::new());
        // The third part is on its way.
        let line = Line::judged(cloud.endpoint(), move |head| {
            if part_of(head) == Some(3) {
                changed.call_once(|| change(&path));
            }
            Fate::Passes
        });
        let mut put = cloud.command(&["object", "put", "f", "--part-size", "1MiB", "--jobs", "2"]);
        let stderr = ran(put.env("FAASCMD_ENDPOINT", line.endpoint())).exits(6).stderr;
        assert!(stderr.contains(says) || stderr.contains("it ends before byte"), "{stderr}");
        assert_eq!(count(&cloud.requests(), "CompleteMultipartUpload"), 0);
        assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout, "");
        assert_eq!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
    }
}

#[test]
fn a_get_whose_checksum_is_wrong_is_11_and_the_old_file_stays() {
    let cloud = Cloud::start(&["--fault", "corrupt-body=0.9", "--fault-seed", "2"]);
    cloud.oss(&Sent::new("PUT", "f").body(bytes(MIB, 1)));
    let old = cloud.world.file("old", "old");
    let wrong =
        (0..8).map(|_| cloud.faascmd(&["-o", "json", "object", "get", "f", "old"])).find(|ran| ran.code != 0);
    let error = wrong.expect("most bodies are wrong").exits(11).error();
    assert!(error["message"].as_str().unwrap().contains("arrived with errors: its checksum is"), "{error}");
    drop(old);
    let left: Vec<_> =
        std::fs::read_dir(cloud.world.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".faascmd-")), "{left:?}");
}

#[test]
fn a_full_disk_leaves_the_old_file_and_no_other() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(MIB, 1));
    cloud.world.file("old", "old");
    // A limit of the file's size stands for the full disk: the write fails in the same place.
    let script = "faascmd -q object put f; trap '' XFSZ; ulimit -f 8; faascmd -q object get f old";
    let ran = cloud.shell(script).exits(1);
    assert!(ran.stderr.contains("old: File too large"), "{}", ran.stderr);
    assert_eq!(std::fs::read(cloud.world.path().join("old")).unwrap(), b"old");
    let left = std::fs::read_dir(cloud.world.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(".faascmd-"));
    assert_eq!(left.count(), 0);
}

#[test]
fn an_object_that_changes_while_it_is_read_is_6() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(3 * MIB, 1));
    cloud.world.file("other", bytes(10, 2));
    cloud.faascmd(&["object", "put", "f"]).exits(0);
    let other = Mutex::new(Some(cloud.command(&["object", "put", "other", "oss://faascmd-sandbox/f"])));
    // Somebody puts the other before the second part is read.
    let line = Line::judged(cloud.endpoint(), move |head| {
        let other = other.lock().unwrap().take_if(|_| part_of(head) == Some(2));
        other.into_iter().for_each(|mut other| assert!(other.status().unwrap().success()));
        Fate::Passes
    });
    let mut get = cloud.command(&["object", "get", "f", "g", "--part-size", "1MiB", "--jobs", "1"]);
    let stderr = ran(get.env("FAASCMD_ENDPOINT", line.endpoint())).exits(6).stderr;
    assert!(stderr.contains("changed while it was read"), "{stderr}");
    assert!(!cloud.world.path().join("g").exists());
}

#[test]
fn a_connection_that_breaks_in_a_get_goes_on_after_its_last_byte() {
    let cloud = Cloud::start(&["--fault", "reset-after=1500000"]);
    cloud.world.file("f", bytes(3 * MIB, 1));
    cloud.faascmd(&["object", "put", "f", "--part-size", "1MiB"]).exits(0);
    cloud.requests();
    cloud.faascmd(&["object", "get", "f", "g"]).exits(0);
    assert!(count(&cloud.requests(), "GetObject") > 1, "no connection broke");
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(3 * MIB, 1));
}

#[test]
fn a_temporary_credential_that_ends_in_mid_upload_is_renewed() {
    let cloud = Cloud::start(&["--fault", "expired-token=1", "--fault", "slow=4000000"]);
    cloud.world.file("f", bytes(8 * MIB, 1));
    let mut put = cloud.command(&["object", "put", "f", "--part-size", "1MiB", "--jobs", "2"]);
    put.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    ran(&mut put).exits(0);
    let refused = cloud.requests().into_iter().filter(|r| r["code"] == "SecurityTokenExpired").count();
    assert!(refused > 0, "no credential ended");
}

#[test]
fn a_signal_is_130_and_names_the_command_that_goes_on() {
    let cloud = Cloud::start(&[]);
    let line = Line::of_parts(cloud.endpoint(), 4);
    let cloud = cloud.over(&line);
    cloud.world.file("f", bytes(6 * MIB, 1));
    let args = ["object", "put", "f", "a key", "--part-size", "1MiB", "--jobs", "2"];
    let put = cloud.command(&args).spawn().unwrap();
    // Of four that arrived at least two are noted.
    cloud.until_received(4 * MIB as u64);
    let output = interrupted(put);
    line.heal();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.status.signal()), (Some(130), None), "{stderr}");
    assert!(
        stderr.contains("to go on where it stopped: faascmd object put f 'a key' --part-size 1MiB --jobs 2"),
        "{stderr}"
    );
    assert!(stderr.contains(" MiB there\n"), "how much of it is there: {stderr}");
    let kept = cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout;
    assert!(kept.starts_with("a key\t"), "{kept}");
    let go_on = cloud.faascmd(&[&["-o", "json"], &args[..]].concat()).exits(0).json();
    assert!(go_on["resumed"].as_u64().unwrap() >= 2 * MIB as u64, "{go_on}");
}

#[test]
fn abort_on_failure_leaves_nothing_behind() {
    let cloud = Cloud::start(&[]);
    let line = Line::of_parts(cloud.endpoint(), 4);
    let cloud = cloud.over(&line);
    cloud.world.file("f", bytes(6 * MIB, 1));
    let put =
        cloud.command(&["object", "put", "f", "--part-size", "1MiB", "--abort-on-failure"]).spawn().unwrap();
    cloud.until_received(4 * MIB as u64);
    assert_eq!(interrupted(put).status.code(), Some(130));
    assert_eq!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
    let state = cloud.world.path().join(".local/state/faascmd/uploads");
    assert_eq!(std::fs::read_dir(state).unwrap().count(), 0);
}

fn interrupted(child: std::process::Child) -> std::process::Output {
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_caller_who_may_only_put_gets_its_answer() {
    let policy = |actions: &str| {
        format!(r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#)
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), policy(r#""oss:PutObject""#)).unwrap();
    let only_puts = ["--caller-policy", file.path().to_str().unwrap()];
    let put = ["object", "put", "f", "--part-size", "1MiB", "-o", "json"];
    let cloud_with = |flags: &[&str]| {
        let cloud = Cloud::start(&[&only_puts, flags].concat());
        cloud.world.file("f", bytes(3 * MIB, 1));
        cloud
    };

    // The object is there; the answer was lost, and nobody may look: it is sent once more.
    let cloud = cloud_with(&["--fault", "lost-answer=CompleteMultipartUpload"]);
    let ran = cloud.faascmd(&put).exits(0);
    assert_eq!(ran.json()["size"], 3 * MIB, "{}", ran.stdout);
    let requests = cloud.requests();
    assert_eq!((count(&requests, "UploadPart"), count(&requests, "HeadObject")), (6, 2));

    // An object that is in the way is said to be so, and not that looking is forbidden.
    let ran = cloud.faascmd(&[&put[..], &["--no-clobber"]].concat()).exits(6);
    assert!(ran.error()["message"].as_str().unwrap().contains("is there already"), "{}", ran.stderr);
}

/// A server that is not OSS: it says nothing of checksums and has an empty `ETag`; a request for a range is answered with
/// 200, by the range or by all.
fn other_server(content: Vec<u8>, knows_ranges: bool) -> String {
    use std::io::{BufRead as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            let lines = std::io::BufReader::new(&stream).lines().map_while(Result::ok);
            head.extend(lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()));
            assert!(!head.iter().any(|line| line.starts_with("if-match")), "an empty ETag was sent back");
            let range = head.iter().find_map(|line| line.strip_prefix("range: bytes=")?.split_once('-'));
            let range = range
                .filter(|_| knows_ranges)
                .map(|(first, last)| (first.parse::<usize>().unwrap(), last.parse::<usize>().unwrap()));
            let (first, last) = range.unwrap_or((0, content.len() - 1));
            let said = range.map_or_else(String::new, |(first, last)| {
                format!("content-range: bytes {first}-{last}/{}\r\n", content.len())
            });
            let length = last + 1 - first;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"\"\r\n{said}content-length: {length}\r\n\r\n"
            );
            let mut stream = &stream;
            stream.write_all(answer.as_bytes()).ok();
            if head.first().is_some_and(|line| line.starts_with("get")) {
                stream.write_all(&content[first..=last]).ok();
            }
        }
    });
    endpoint
}

#[test]
fn servers_that_answer_ranges_otherwise_are_understood() {
    let cloud = Cloud::new();
    for (size, knows_ranges) in [(3000, false), (3000, true), (3 * MIB, true), (3 * MIB, false)] {
        let content = bytes(size, 7);
        let endpoint = other_server(content.clone(), knows_ranges);
        let get = ["object", "get", "f", "got", "--part-size", "1MiB", "--endpoint", &endpoint];
        cloud.faascmd(&get).exits(0);
        assert!(std::fs::read(cloud.world.path().join("got")).unwrap() == content, "{size} {knows_ranges}");
    }
}

#[test]
fn where_a_server_does_not_know_the_header_no_clobber_still_replaces_nothing() {
    let cloud = Cloud::new();
    let endpoint = other_server(b"old".to_vec(), true);
    cloud.world.file("f", "new content");
    let ran = cloud.faascmd(&["object", "put", "f", "--no-clobber", "--endpoint", &endpoint]).exits(6);
    assert!(ran.stderr.contains("is there already"), "{}", ran.stderr);
}

#[test]
fn a_range_that_came_wrong_is_read_again_and_not_the_end() {
    let cloud = Cloud::start(&["--fault", "corrupt-body=0.2", "--fault-seed", "5"]);
    cloud.world.file("f", bytes(6 * MIB, 1));
    cloud.faascmd(&["object", "put", "f", "--part-size", "1MiB"]).exits(0);
    cloud.requests();
    cloud.faascmd(&["object", "get", "f", "g", "--part-size", "1MiB"]).exits(0);
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(6 * MIB, 1));
    let read = count(&cloud.requests(), "GetObject");
    assert!(read > 6, "nothing came wrong in {read} requests");
}
