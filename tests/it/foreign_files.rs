//! Files, links and addresses that somebody else could have put there.

use std::os::unix::fs::{PermissionsExt, chown};

use serde_json::json;

use crate::common::world::{World, ran};

const LS: [&str; 4] = ["--region", "cn-hangzhou", "image", "ls"];

fn with_command(world: &World, mode: u32) -> std::path::PathBuf {
    let marker = world.path().join("ran");
    let command = format!("touch {}", marker.display());
    let profile = json!({"name": "p", "mode": "External", "process_command": command});
    let file = world.file(".aliyun/config.json", json!({"current": "p", "profiles": [profile]}).to_string());
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    marker
}

#[test]
fn a_program_is_not_run_from_a_file_that_others_may_write() {
    for (mode, runs) in [(0o600, true), (0o644, true), (0o664, false), (0o646, false)] {
        let world = World::new();
        let marker = with_command(&world, mode);
        let said = world.faascmd(&LS).exits(3).stderr;
        assert_eq!(marker.exists(), runs, "{mode:o} {said}");
        assert_eq!(said.contains(&format!("can be written by others (mode {mode:04o})")), !runs, "{said}");
    }
    let world = World::new();
    let marker = with_command(&world, 0o600);
    let folder = world.path().join(".aliyun");
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(world.faascmd(&LS).exits(3).stderr.contains("(mode 0777)") && !marker.exists());
}

#[test]
fn a_credentials_file_of_another_user_is_refused() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can give files away");
        return;
    }
    let world = World::new();
    let text = "[FaaSCredentials]\naccessid=LTAIx\naccesskey=hunter2\n";
    let file = world.file(".faascredentials", text);
    chown(&file, Some(65533), None).unwrap();
    let said = world.faascmd(&[&LS[..], &["--bucket", "buc"]].concat()).exits(3).stderr;
    assert!(said.contains("belongs to user 65533") && !said.contains("hunter2"), "{said}");
    let mut command = world.command("faascmd");
    let said = ran(command.args(["config", "--show"]).env("SUDO_UID", "65533")).exits(0);
    assert!(said.stdout.contains("LTAIx"), "{}", said.stdout);
}

#[test]
fn a_credentials_file_that_is_named_must_be_there() {
    let world = World::new();
    let flag = ["--credentials-file", "typo"];
    let said = world.faascmd(&[&flag[..], &LS].concat()).exits(3).stderr;
    assert!(said.contains("--credentials-file: there is no typo"), "{said}");
    world.faascmd(&[&flag[..], &["config", "--region", "cn-hangzhou"]].concat()).exits(0);
    world.faascmd(&[&flag[..], &["config", "--show"]].concat()).exits(0);
    let mut command = world.command("faascmd");
    command.args(["config", "--show"]).env("FAASCMD_CREDENTIALS_FILE", "not-yet");
    ran(&mut command).exits(0);
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    let world = World::new();
    let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIx"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter2")];
    let run = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command("faascmd");
        let command = command.args(flags).args(LS).envs(key).envs(variables.iter().copied());
        ran(command)
    };
    // Nobody is there: a request that is sent ends with 7.
    let nobody = "http://192.0.2.1:9";
    let said = run(&["--endpoint", nobody], &[]).exits(2).stderr;
    assert!(
        said.contains("--endpoint: http://192.0.2.1:9 is not https") && said.contains("--insecure-http"),
        "{said}"
    );
    assert!(run(&[], &[("FAASCMD_ENDPOINT", nobody)]).exits(2).stderr.contains("FAASCMD_ENDPOINT: "));
    let lookalike = run(&["--endpoint", "http://127.0.0.1:80@10.9.9.9/"], &[]).exits(2).stderr;
    assert!(lookalike.contains("is not an endpoint"), "{lookalike}");
    run(&["--endpoint", "http://127.0.0.1:9"], &[]).exits(7);
    world.faascmd(&["--endpoint", nobody, "--insecure-http", "config", "--show"]).exits(0);
    world.faascmd(&["--endpoint", "metadata=http://100.100.100.200", "config", "--show"]).exits(0);
    let profile = json!({"name": "p", "mode": "RamRoleArn", "access_key_id": "LTAIx", "access_key_secret": "hunter2",
        "ram_role_arn": "acs:ram::1:role/r", "sts_endpoint": nobody});
    world.file(".aliyun/config.json", json!({"current": "p", "profiles": [profile]}).to_string());
    let said = run(&["--profile", "p"], &[]).exits(3).stderr;
    assert!(said.contains("http://192.0.2.1:9 is not https"), "{said}");
    let uri = [("ALIBABA_CLOUD_CREDENTIALS_URI", "http://192.0.2.1:9/key?token=hunter2")];
    let mut command = world.command("faascmd");
    std::fs::remove_file(world.path().join(".aliyun/config.json")).unwrap();
    let said = ran(command.args(LS).envs(uri)).exits(3).stderr;
    assert!(said.contains("http://192.0.2.1:9/key is not https") && !said.contains("hunter2"), "{said}");
}
