//! Nothing stays behind, in the cloud or on disk, that nobody comes back for; and a download goes on where it stopped.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::common::bytes::bytes;
use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line, part_of};
use crate::common::world::ran;

const MIB: u64 = 1 << 20;
const PUT: [&str; 9] = ["-o", "json", "object", "put", "f", "--part-size", "1MiB", "--jobs", "2"];
const NO_CLOBBER: [&str; 7] = ["-ojson", "object", "put", "f", "--part-size", "1MiB", "--no-clobber"];

/// A cloud behind a line on which the first four parts of an object go through, until it is healed.
fn behind_a_line() -> (Cloud, Line) {
    let cloud = Cloud::start(&[]);
    let line = Line::of_parts(cloud.endpoint(), 4);
    (cloud.over(&line), line)
}

/// A cloud with about half of 6 MiB, sent by a run that was killed.
fn half_sent() -> Cloud {
    let (cloud, line) = behind_a_line();
    cloud.world.file("f", bytes(6 << 20, 1));
    let mut put = cloud.command(&PUT).spawn().unwrap();
    cloud.until_received(4 * MIB);
    put.kill().unwrap();
    put.wait().unwrap();
    line.heal();
    cloud
}

/// Another machine of the same user runs this.
fn elsewhere(cloud: &Cloud, args: &[&str]) -> Command {
    let mut command = cloud.command(args);
    command.env("XDG_STATE_HOME", cloud.world.path().join("other"));
    command
}

#[track_caller]
fn nothing_is_left(cloud: &Cloud) {
    assert_eq!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
    let state = cloud.world.path().join(".local/state/faascmd/uploads");
    assert_eq!(std::fs::read_dir(state).unwrap().count(), 0);
}

#[test]
fn unfinished_uploads_of_this_machine_are_shown_with_their_files() {
    let cloud = half_sent();
    let list = cloud.faascmd(&["object", "uploads", "ls", "-o", "json"]).exits(0).json();
    let file = cloud.world.path().join("f");
    assert_eq!((&list["items"][0]["ours"], &list["items"][0]["file"]), (&true.into(), &file.to_str().into()));
    let list = ran(&mut elsewhere(&cloud, &["object", "uploads", "ls", "-o", "json"])).exits(0).json();
    assert_eq!((&list["items"][0]["ours"], &list["items"][0]["file"].is_null()), (&false.into(), &true));
}

#[test]
fn an_upload_goes_by_its_id_and_one_that_is_not_there_is_named() {
    let cloud = half_sent();
    let abort = |ids: &[&str], code: i32| {
        let ids: Vec<_> = ids.iter().flat_map(|id| ["--upload-id", id]).collect();
        cloud.faascmd(&[&["object", "uploads", "abort", "-ojson"], &ids[..]].concat()).exits(code)
    };
    let list = cloud.faascmd(&["object", "uploads", "ls", "-ojson"]).exits(0).json();
    let id = list["items"][0]["upload_id"].as_str().unwrap();
    let refused = abort(&[id, "0123456789ABCDEF"], 5).error();
    assert_eq!(
        refused["message"],
        "there is no such unfinished upload 0123456789ABCDEF in bucket faascmd-sandbox"
    );
    assert_eq!(abort(&[id], 0).json()["items"], list["items"]);
    abort(&[id], 5);
}

#[test]
fn unfinished_uploads_are_named_by_a_bucket_and_a_key_too() {
    let cloud = half_sent();
    let uploads = |args: &[&str], code| cloud.faascmd(&[&["object", "uploads"], args].concat()).exits(code);
    let address = "oss://faascmd-sandbox/f";
    assert!(uploads(&["ls", address], 0).stdout.starts_with("f\t"));
    let refused = uploads(&["abort", "f", "nope"], 5).stderr;
    assert!(refused.contains("no such unfinished upload of nope in bucket"), "{refused}");
    uploads(&["abort", address, "--older-than", "1h ago"], 2);
    uploads(&["abort", address], 0);
    assert_eq!(uploads(&["ls", address], 0).stdout, "");
}

#[test]
fn parts_go_when_a_small_file_has_taken_the_large_one_s_place() {
    let cloud = half_sent();
    cloud.world.file("f", "small now");
    cloud.faascmd(&PUT).exits(0);
    nothing_is_left(&cloud);
}

#[test]
fn parts_go_when_the_file_is_gone() {
    let cloud = half_sent();
    std::fs::remove_file(cloud.world.path().join("f")).unwrap();
    cloud.world.file("another", "another file");
    cloud.faascmd(&["object", "put", "another"]).exits(0);
    nothing_is_left(&cloud);
}

#[test]
fn parts_go_when_another_machine_has_put_the_object() {
    let cloud = half_sent();
    // The service tells times in whole seconds.
    std::thread::sleep(std::time::Duration::from_secs(3));
    ran(&mut elsewhere(&cloud, &PUT)).exits(0);
    cloud.world.file("another", "another file");
    cloud.faascmd(&["object", "put", "another"]).exits(0);
    nothing_is_left(&cloud);
}

#[test]
fn an_unfinished_upload_that_can_go_on_is_left_alone() {
    let cloud = half_sent();
    cloud.world.file("another", "another file");
    cloud.faascmd(&["object", "put", "another"]).exits(0);
    assert!(cloud.faascmd(&PUT).exits(0).json()["resumed"].as_u64().unwrap() > 0);
}

#[test]
fn an_upload_whose_beginning_was_not_heard_of_does_not_stay() {
    let cloud = Cloud::start(&["--fault", "lost-answer=InitiateMultipartUpload"]);
    cloud.world.file("f", bytes(3 << 20, 1));
    cloud.faascmd(&PUT).exits(0);
    assert_eq!(count(&cloud.requests(), "InitiateMultipartUpload"), 2);
    nothing_is_left(&cloud);
}

/// A cloud behind a line, and an upload in it whose id nobody heard, for the run was killed before.
fn begun_unheard() -> (Cloud, Line) {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(3 << 20, 1));
    let line = Line::judged(cloud.endpoint(), |head| match head.starts_with(b"POST") {
        true => Fate::Unanswered,
        false => Fate::Passes,
    });
    let cloud = cloud.over(&line);
    let mut put = cloud.command(&PUT).spawn().unwrap();
    while cloud.next_request()["action"] != "InitiateMultipartUpload" {}
    put.kill().unwrap();
    put.wait().unwrap();
    line.heal();
    assert_ne!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
    let checkpoints = cloud.world.path().join(".local/state/faascmd/uploads");
    let noted = std::fs::read_dir(checkpoints).unwrap().next().unwrap().unwrap().path();
    let noted = std::fs::read_to_string(noted).unwrap();
    assert!(noted.contains(r#""upload_id":"""#), "{noted}");
    (cloud, line)
}

#[test]
fn an_upload_that_was_begun_by_a_run_that_was_killed_before_it_knew_does_not_stay() {
    let (cloud, _line) = begun_unheard();
    cloud.faascmd(&PUT).exits(0);
    nothing_is_left(&cloud);
}

#[test]
fn nor_does_it_where_another_machine_has_put_the_object_which_stays() {
    let (cloud, _line) = begun_unheard();
    ran(&mut elsewhere(&cloud, &PUT)).exits(0);
    assert_eq!(cloud.faascmd(&PUT).exits(0).json()["skipped"], true);
    nothing_is_left(&cloud);
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout.lines().count(), 1);
}

const COMPLETE: (&str, &str) = ("POST", "uploadId=");
const ABORT: (&str, &str) = ("DELETE", "uploadId=");

fn is(head: &[u8], (method, parameter): (&str, &str)) -> bool {
    let head = String::from_utf8_lossy(head);
    let line = head.lines().next().unwrap_or_default();
    line.starts_with(method) && line.contains(parameter)
}

/// What the service says when it refuses.
fn refusal(status: &str, code: &str) -> Fate {
    let body = format!("<Error><Code>{code}</Code><Message>No.</Message><RequestId>R</RequestId></Error>");
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nx-oss-request-id: R\r\ncontent-length: {length}");
    Fate::Instead(format!("{head}\r\n\r\n{body}").into())
}

/// Puts a file while another machine puts the same, whose object is there before our parts are put together; and gives the
/// line, on which `aborted` becomes of a request to remove them.
fn outrun(aborted: Fate) -> (Cloud, Line) {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(3 << 20, 1));
    let other = Mutex::new(Some(elsewhere(&cloud, &["object", "put", "f"])));
    let line = Line::judged(cloud.endpoint(), move |head| {
        let other = if is(head, COMPLETE) { other.lock().unwrap().take() } else { None };
        other.map(|mut put| ran(&mut put).exits(0));
        if is(head, ABORT) { aborted.clone() } else { Fate::Passes }
    });
    let cloud = cloud.over(&line);
    let put = cloud.faascmd(&NO_CLOBBER).exits(0).json();
    assert_eq!((&put["sent"], &put["skipped"]), (&(3 << 20).into(), &false.into()));
    (cloud, line)
}

#[test]
fn parts_go_when_another_machine_was_faster() {
    let (cloud, _line) = outrun(Fate::Passes);
    nothing_is_left(&cloud);
}

#[test]
fn parts_that_could_not_be_removed_are_by_a_later_run() {
    let (cloud, line) = outrun(refusal("403 Forbidden", "AccessDenied"));
    assert_eq!(cloud.faascmd(&NO_CLOBBER).exits(0).json()["skipped"], true);
    assert_ne!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
    line.heal();
    cloud.faascmd(&NO_CLOBBER).exits(0);
    nothing_is_left(&cloud);
}

#[test]
fn parts_go_when_the_service_has_lost_one_and_all_are_sent_anew() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(3 << 20, 1));
    let asked = AtomicUsize::new(0);
    let line = Line::judged(cloud.endpoint(), move |head| {
        match is(head, COMPLETE).then(|| asked.fetch_add(1, Ordering::SeqCst)) {
            Some(0) => Fate::Unsent,
            Some(1) => refusal("400 Bad Request", "InvalidPart"),
            _ => Fate::Passes,
        }
    });
    let cloud = cloud.over(&line);
    cloud.faascmd(&PUT).exits(0);
    assert_eq!(count(&cloud.requests(), "InitiateMultipartUpload"), 2);
    nothing_is_left(&cloud);
}

#[test]
fn parts_of_an_earlier_run_go_when_one_with_abort_on_failure_is_refused() {
    let cloud = half_sent();
    cloud.world.file("g", "other content");
    ran(&mut elsewhere(&cloud, &["object", "put", "g", "oss://faascmd-sandbox/f"])).exits(0);
    cloud.faascmd(&[&NO_CLOBBER[..], &["--abort-on-failure"]].concat()).exits(6);
    nothing_is_left(&cloud);
}

const GET: [&str; 10] = ["-o", "json", "object", "get", "f", "g", "--part-size", "1MiB", "--jobs", "2"];

/// A cloud with an object of which about half was fetched by a run that was killed.
fn half_fetched() -> Cloud {
    half_fetched_after(|_| ())
}

/// The same in a folder that was prepared.
fn half_fetched_after(preparation: impl FnOnce(&Cloud)) -> Cloud {
    let (cloud, line) = behind_a_line();
    preparation(&cloud);
    cloud.world.file("f", bytes(6 << 20, 1));
    line.heal();
    cloud.faascmd(&["object", "put", "f"]).exits(0);
    cloud.requests();
    line.ail();
    let mut get = cloud.command(&GET).spawn().unwrap();
    for _ in 0..4 {
        while cloud.next_request()["action"] != "GetObject" {}
    }
    get.kill().unwrap();
    get.wait().unwrap();
    line.heal();
    cloud.requests();
    cloud
}

/// How often a run asks for a part, by its own account: in the cloud's log there may be requests of one that was killed.
fn fetched(cloud: &Cloud) -> usize {
    let said = cloud.faascmd(&[&["-v"], &GET[..]].concat()).exits(0).stderr;
    said.matches("oss GetObject: done").count()
}

fn hidden(cloud: &Cloud) -> usize {
    unfinished(cloud).len()
}

fn unfinished(cloud: &Cloud) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(cloud.world.path()).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().contains("/.faascmd-")).collect()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_killed_download_goes_on_and_leaves_nothing() {
    let cloud = half_fetched();
    assert_eq!(hidden(&cloud), 1);
    let fetched = fetched(&cloud);
    assert!((1..=4).contains(&fetched), "{fetched}");
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(6 << 20, 1));
    assert_eq!(hidden(&cloud), 0);
    let state = cloud.world.path().join(".local/state/faascmd/downloads");
    assert_eq!(std::fs::read_dir(state).unwrap().count(), 0);
}

#[test]
fn a_download_of_another_object_and_a_damaged_one_begin_anew() {
    let cloud = half_fetched();
    cloud.world.file("f", bytes(5 << 20, 7));
    cloud.faascmd(&["object", "put", "f"]).exits(0);
    assert_eq!(fetched(&cloud), 5);
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(5 << 20, 7));
    assert_eq!(hidden(&cloud), 0);

    let cloud = half_fetched();
    std::fs::write(&unfinished(&cloud)[0], bytes(6 << 20, 9)).unwrap();
    cloud.faascmd(&GET).exits(0);
    assert!(std::fs::read(cloud.world.path().join("g")).unwrap() == bytes(6 << 20, 1));
}

#[test]
fn two_homes_that_fetch_to_one_path_never_mix_two_objects() {
    let cloud = Cloud::start(&[]);
    // The first one's last parts are on their way until the second one, of another home, is through.
    let is_through = Arc::new(OnceLock::new());
    let until = Arc::clone(&is_through);
    let line = Line::judged(cloud.endpoint(), move |head| match part_of(head) {
        Some(4..) => Fate::AnsweredOnce(Arc::clone(&until)),
        _ => Fate::Passes,
    });
    let cloud = cloud.over(&line);
    let [old, new] = [1, 2].map(|seed| bytes(6 << 20, seed));
    let put = |content: &[u8]| {
        cloud.world.file("f", content);
        cloud.faascmd(&["object", "put", "f"]).exits(0);
        cloud.requests();
    };
    put(&old);
    let get = ["object", "get", "f", "g", "--part-size", "1MiB", "--jobs", "6"];
    let first = cloud.command(&get).spawn().unwrap();
    for _ in 0..6 {
        while cloud.next_request()["action"] != "GetObject" {}
    }
    line.heal();
    put(&new);
    let there = || std::fs::read(cloud.world.path().join("g")).unwrap();
    ran(cloud.command(&get).env("XDG_STATE_HOME", cloud.world.path().join("other"))).exits(0);
    assert!(there() == new);
    is_through.set(()).unwrap();
    let first = first.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    // On a machine so slow that it asks again it hears that the object changed.
    let expected = if first.status.success() { old } else { new };
    assert!(there() == expected, "{said}");
    assert!(first.status.success() || said.contains("changed while it was read"), "{said}");
    assert_eq!(hidden(&cloud), 0);
    let states = [".local/state", "other"].map(|state| cloud.world.path().join(state));
    for state in states {
        assert_eq!(std::fs::read_dir(state.join("faascmd/downloads")).unwrap().count(), 0);
    }
}

#[test]
fn what_is_unfinished_is_private_and_takes_the_mode_of_what_is_there_at_the_end() {
    let cloud = half_fetched_after(|cloud| {
        let g = cloud.world.file("g", "old");
        std::fs::set_permissions(g, Permissions::from_mode(0o444)).unwrap();
    });
    let g = cloud.world.path().join("g");
    // Else its owner could not go on with it.
    assert_eq!(mode(&unfinished(&cloud)[0]), 0o600);
    assert!((1..=4).contains(&fetched(&cloud)));
    assert_eq!(mode(&g), 0o444);

    let cloud = half_fetched();
    let g = cloud.world.file("g", "made meanwhile");
    std::fs::set_permissions(&g, Permissions::from_mode(0o600)).unwrap();
    fetched(&cloud);
    assert_eq!(mode(&g), 0o600);
}

#[test]
fn a_file_keeps_its_mode_and_a_new_one_has_that_of_any_new_file() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(2 << 20, 1));
    let script = "faascmd object put f > /dev/null
        umask 027
        for size in 1M 8M; do
            rm -f old new; touch old; chmod 664 old
            for file in old new; do faascmd object get f $file --part-size $size > /dev/null; done
            stat -c %a old new
        done";
    assert_eq!(cloud.shell(script).exits(0).stdout, "664\n640\n664\n640\n");
}
