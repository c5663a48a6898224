//! `object put`, `get`, `ls`, `rm`: what goes in comes out, and nothing is lost by mistake.

use std::os::unix::ffi::OsStrExt as _;

use serde_json::json;

use crate::common::bytes::bytes;
use crate::common::cloud::{Cloud, count};
use crate::common::world::ran;

const MIB: usize = 1 << 20;

#[test]
fn what_was_put_comes_back_the_same_whatever_its_key() {
    let cloud = Cloud::start(&[]);
    let file = cloud.world.file("f", bytes(300_000, 1));
    let file = file.to_str().unwrap();
    let longest = "x".repeat(1023);
    let keys = [
        "plain.bin",
        "a b+c.bin",
        "目录/文件 1.bin",
        "emoji😀.bin",
        "a//b/./c/../d",
        "sp&e=c?i#al%20~*'()!@$,;:[].txt",
        "control\u{1}\u{7f}\t.bin",
        &longest,
    ];
    for key in keys {
        cloud.faascmd(&["object", "put", file, key]).exits(0);
        cloud.faascmd(&["object", "get", key, "back"]).exits(0);
        assert!(std::fs::read(cloud.world.path().join("back")).unwrap() == bytes(300_000, 1), "{key:?}");
    }
    let list = cloud.faascmd(&["-o", "json", "object", "ls"]).exits(0).json();
    let mut listed: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap()).collect();
    listed.sort_unstable();
    let mut expected = keys;
    expected.sort_unstable();
    assert_eq!(listed, expected);
    for key in keys {
        cloud.faascmd(&["object", "rm", key]).exits(0);
    }
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout, "");
}

#[test]
fn put_says_where_the_object_is_and_its_checksum() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("check", "123456789");
    let put = cloud.faascmd(&["-o", "json", "object", "put", "check", "dir/"]).exits(0).json();
    assert_eq!(put["schema"], "faascmd.object.put/1");
    assert_eq!((put["bucket"].as_str(), put["key"].as_str()), (Some("faascmd-sandbox"), Some("dir/check")));
    assert_eq!((put["size"].as_u64(), put["crc64"].as_str()), (Some(9), Some("11051210869376104954")));
    let get = cloud.faascmd(&["-o", "json", "object", "get", "dir/check"]).exits(0).json();
    assert_eq!(
        (get["crc64"].as_str(), get["verified"].as_bool()),
        (Some("11051210869376104954"), Some(true))
    );
    assert_eq!(cloud.faascmd(&["object", "get", "dir/check", "-"]).exits(0).stdout, "123456789");
}

#[test]
fn the_same_content_is_not_sent_twice_but_other_content_is() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(MIB, 1));
    cloud.faascmd(&["object", "put", "f"]).exits(0);
    cloud.requests();
    let again = cloud.faascmd(&["-o", "json", "object", "put", "f"]).exits(0).json();
    assert_eq!((again["skipped"].as_bool(), again["sent"].as_u64()), (Some(true), Some(0)));
    assert_eq!(count(&cloud.requests(), "PutObject"), 0);
    let forced = cloud.faascmd(&["-o", "json", "object", "put", "f", "--force"]).exits(0).json();
    assert_eq!(forced["sent"].as_u64(), Some(MIB as u64));
    cloud.world.file("f", bytes(MIB, 2));
    let other = cloud.faascmd(&["-o", "json", "object", "put", "f"]).exits(0).json();
    assert_eq!((other["skipped"].as_bool(), other["sent"].as_u64()), (Some(false), Some(MIB as u64)));
}

#[test]
fn no_clobber_replaces_nothing() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("old", bytes(400_000, 1));
    cloud.world.file("new", bytes(400_000, 2));
    cloud.faascmd(&["object", "put", "old", "k"]).exits(0);
    for cut in [&[][..], &["--part-size", "100KiB"]] {
        let args = [&["-o", "json", "object", "put", "new", "k", "--no-clobber"], cut].concat();
        let refused = cloud.faascmd(&args).exits(6);
        let error = refused.error();
        assert_eq!(error["message"], "oss://faascmd-sandbox/k is there already, with other content");
        let same = [&["object", "put", "old", "k", "--no-clobber"], cut].concat();
        cloud.faascmd(&same).exits(0);
    }
    let file = cloud.world.file("here", "mine");
    cloud.faascmd(&["object", "get", "k", "here", "--no-clobber"]).exits(6);
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    cloud.faascmd(&["object", "get", "k", "here"]).exits(0);
    assert!(std::fs::read(&file).unwrap() == bytes(400_000, 1));
    assert_eq!(cloud.faascmd(&["object", "uploads", "ls"]).exits(0).stdout, "");
}

#[test]
fn many_files_and_directories_go_below_the_prefix() {
    let cloud = Cloud::start(&[]);
    for name in ["out/a", "out/deep/b", "c"] {
        cloud.world.file(name, bytes(150_000, 3));
    }
    let plan = ["object", "put", "out", "c", "--recursive", "--to", "p/", "--dry-run"];
    assert_eq!(
        cloud.faascmd(&plan).exits(0).stdout,
        "out/a\tp/a\t146.4 KiB\nout/deep/b\tp/deep/b\t146.4 KiB\nc\tp/c\t146.4 KiB\n"
    );
    let plan = cloud.faascmd(&[&plan[..], &["-ojson"]].concat()).exits(0).json();
    assert_eq!(plan["items"][2], json!({"file": "c", "key": "p/c", "size": 150_000}));
    assert!(cloud.requests().is_empty());
    let args =
        ["-o", "json", "object", "put", "out", "c", "--recursive", "--to", "p/", "--part-size", "100KiB"];
    let put = cloud.faascmd(&args).exits(0).json();
    let keys: Vec<_> = put["items"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["p/a", "p/deep/b", "p/c"]);
    let folders = cloud.faascmd(&["object", "ls", "p/", "--folders"]).exits(0).stdout;
    let names: Vec<_> = folders.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(names, ["p/a", "p/c", "p/deep/"]);
    cloud.world.file("c", bytes(10, 4));
    let failed = cloud.faascmd(&["object", "put", "c", "out/a", "--to", "p/", "--no-clobber"]).exits(6);
    assert!(
        failed.stderr.contains("1 of 2 files failed; the first: oss://faascmd-sandbox/p/c"),
        "{}",
        failed.stderr
    );
}

#[test]
fn what_can_t_be_uploaded_is_said_before_anything_is_sent() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("dir/f", "x");
    let refused = |args: &[&str], code: i32, says: &str| {
        let ran = cloud.faascmd(&[&["object", "put"], args].concat()).exits(code);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    };
    refused(&["nowhere"], 5, "nowhere: No such file");
    refused(&["dir"], 2, "dir is a directory, not a file");
    refused(&["dir/f", "/k"], 2, "can't be a key");
    refused(&["dir/f", &"x".repeat(1024)], 2, "1 to 1023 bytes");
    refused(&["dir/f", "dir/f", "dir/f"], 2, "several files and no --to");
    refused(&["dir/f", "--to", "p"], 2, "write p/ with the slash");
    refused(&["dir/f", "--part-size", "1KiB"], 2, "OSS takes parts of 100 KiB to 5 GiB");
    assert!(cloud.requests().is_empty());
}

#[test]
fn what_is_not_there_is_5_and_a_bucket_of_others_4() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", "x");
    cloud.faascmd(&["object", "get", "nope"]).exits(5);
    assert!(!cloud.world.path().join("nope").exists());
    cloud.faascmd(&["object", "rm", "nope"]).exits(5);
    cloud.faascmd(&["--bucket", "no-such-bucket", "object", "put", "f"]).exits(5);
    cloud.faascmd(&["--bucket", "no-such-bucket", "object", "ls"]).exits(5);
    cloud.faascmd(&["--bucket", "faascmd-foreign", "object", "put", "f"]).exits(4);
    let elsewhere = cloud.faascmd(&["--bucket", "faascmd-beijing", "object", "put", "f"]).exits(4);
    assert!(elsewhere.stderr.contains("--region cn-beijing"), "{}", elsewhere.stderr);
}

#[test]
fn several_objects_are_deleted_all_or_none() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("a", "x");
    cloud.faascmd(&["object", "put", "a"]).exits(0);
    cloud.faascmd(&["object", "rm", "a", "b"]).exits(5);
    cloud.faascmd(&["object", "rm", "a", "--dry-run"]).exits(0);
    let removed = cloud.faascmd(&["-o", "json", "object", "rm", "a"]).exits(0).json();
    assert_eq!(removed["items"][0]["state"], "deleted");
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout, "");
}

#[test]
fn a_dry_run_says_what_is_there_and_what_cannot_be_sent() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("a", "x");
    cloud.faascmd(&["object", "put", "a"]).exits(0);
    let plan = cloud.faascmd(&["object", "rm", "a", "nope", "a", "--dry-run", "-ojson"]).exits(5).json();
    let states: Vec<_> = plan["items"].as_array().unwrap().iter().map(|item| item["state"].clone()).collect();
    assert_eq!(states, ["present", "absent"]);
    for none in [".", "/dev/null"] {
        let [real, dry] = [&[][..], &["--dry-run"]]
            .map(|flags| cloud.faascmd(&[&["object", "put", none, "key"], flags].concat()).exits(2).stderr);
        assert_eq!(real, dry);
    }
    let removed = cloud.faascmd(&["object", "rm", "a", "a", "-ojson"]).exits(0).json();
    assert_eq!(removed["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_whose_name_is_no_text_is_sent_under_a_key() {
    let cloud = Cloud::start(&[]);
    let name = std::ffi::OsStr::from_bytes(b"bad\xff.bin");
    std::fs::write(cloud.world.path().join(name), "x").unwrap();
    let put = |key: &str| ran(cloud.command(&["-ojson", "object", "put"]).arg(name).arg(key));
    assert_eq!(put("good").exits(0).json()["file"], "bad\u{fffd}.bin");
    put("place/").exits(2);
    let mut get = cloud.command(&["-ojson", "object", "get", "good"]);
    assert_eq!(ran(get.arg(std::ffi::OsStr::from_bytes(b"new\xff"))).exits(0).json()["file"], "new\u{fffd}");
}

#[test]
fn a_closed_pipe_under_get_and_ls_is_no_error() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", bytes(4 * MIB, 1));
    let script = "faascmd -q object put f >&2; (faascmd -q object get f -; echo $? >&2) | head -c 1 | wc -c";
    let ran = cloud.shell(script).exits(0);
    assert_eq!((ran.stdout.trim(), ran.stderr.lines().last()), ("1", Some("0")));
}

#[test]
fn an_empty_key_is_no_object_and_never_the_bucket() {
    let cloud = Cloud::start(&[]);
    cloud.world.file("f", "content");
    let lines: [&[&str]; 9] = [
        &["object", "rm", ""],
        &["delete_object", "--object="],
        &["object", "url", ""],
        &["object", "get", "", "g"],
        &["object", "rm", ".."],
        &["image", "create", ""],
        &["create_image", "--object=", "--fpgatype=xilinx", "--shell=V1.1"],
        &["get_object", "--object=", "--file=g"],
        &["upload_object", "--object=", "--file=f"],
    ];
    for line in lines {
        let ran = cloud.faascmd(line).exits(2);
        assert!(ran.stderr.contains("no object can have the key"), "{line:?}: {}", ran.stderr);
    }
    for request in cloud.requests() {
        assert!(request["method"] == "GET" || request["method"] == "POST", "{request}");
        assert_ne!(request["action"], "DeleteBucket");
    }
    cloud.faascmd(&["object", "ls"]).exits(0);
}

#[test]
fn a_link_to_what_is_not_there_yet_stays_one() {
    let cloud = Cloud::start(&[]);
    let script = "printf content > f; faascmd object put f > /dev/null
        mkdir folder links; ln -s ../folder/real links/middle; ln -s links/middle link
        faascmd object get f link > /dev/null
        readlink link links/middle; cat folder/real; echo
        ln -s nowhere/real lost; ln -s circle circle
        for file in lost circle; do
            faascmd object get f $file || echo $?
            readlink $file
        done";
    let ran = cloud.shell(script).exits(0);
    assert_eq!(ran.stdout, "links/middle\n../folder/real\ncontent\n5\nnowhere/real\n1\ncircle\n");
    assert!(ran.stderr.contains("lost: No such file or directory"), "{}", ran.stderr);
    assert!(ran.stderr.contains("circle: Too many levels of symbolic links"), "{}", ran.stderr);
}
