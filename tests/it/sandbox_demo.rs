//! `faascmd sandbox demo` shows the whole road, by the commands that a user would type.

use crate::common::world::{World, ran};

#[test]
fn the_demonstration_takes_a_package_of_each_kind_all_the_way() {
    let world = World::new();
    let out = world.faascmd(&["sandbox", "--speed", "10", "demo"]).exits(0).stdout;
    let commands: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("$ faascmd ")).collect();
    let expected = [
        "deploy bit.tar.gz --test smoke,prbs --prbs-duration 1s",
        "fpga status --fpga 0",
        "deploy bit.tar.gz",
        "deploy kernel.gbs",
        "image ls",
        "fpga ls",
        "object ls",
    ];
    assert_eq!(commands, expected);
    for step in ["✓ checked", "✓ uploaded", "✓ created", "✓ loaded"] {
        assert_eq!(out.matches(step).count(), 3, "{step}\n{out}");
    }
    assert_eq!(out.matches("(was done)").count(), 3, "{out}");
    assert!(out.contains("✓ smoke") && out.contains("✓ prbs"), "{out}");
    assert_eq!(std::fs::read_dir(world.path()).unwrap().count(), 0);
}

#[test]
fn a_demonstration_leaves_its_files_when_asked_and_the_line_that_it_prints_goes_on_with_them() {
    let world = World::new();
    let out = world.faascmd(&["sandbox", "--speed", "20", "demo", "--keep"]).exits(0).stdout;
    let line = out.lines().find_map(|line| line.strip_prefix("To go on with these files: ")).unwrap();
    // What is typed into the shell that it opens.
    let typed =
        format!("{line} -euc 'ls; faascmd check bit.tar.gz kernel.gbs; faascmd deploy bit.tar.gz --dry-run'");
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_faascmd")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let ran = ran(world.command("sh").env("PATH", path).args(["-euc", &typed])).exits(0);
    assert!(ran.stdout.starts_with("bit.tar.gz\nkernel.gbs\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("create\twould be done"), "{}", ran.stdout);
}

#[test]
fn a_demonstration_of_a_failing_build_ends_as_the_deploy_does() {
    let out = World::new().faascmd(&["sandbox", "demo", "--speed", "10", "--fault", "build-fails"]).exits(9);
    assert!(out.stdout.contains("$ faascmd deploy bit.tar.gz"), "{}", out.stdout);
    assert!(!out.stdout.contains("kernel.gbs"), "{}", out.stdout);
    assert!(out.stderr.contains("ERROR: [Route 35-54]"), "{}", out.stderr);
}

#[test]
fn the_demonstration_is_one_document_too() {
    let document = World::new().faascmd(&["sandbox", "--speed", "10", "-o", "json", "demo"]).exits(0).json();
    assert_eq!(document["schema"], "faascmd.sandbox.demo/1");
    let items = document["items"].as_array().unwrap();
    assert_eq!(items.len(), 7);
    assert_eq!(items[0]["answer"]["schema"], "faascmd.deploy/1");
    assert!(items.iter().all(|item| item["exit_code"] == 0), "{items:#?}");
}

#[test]
fn the_demonstration_of_a_fleet_finds_the_bad_chip_and_leaves_nothing() {
    let world = World::new();
    let ran = world.faascmd(&["sandbox", "--speed", "40", "--ledger", "ledger", "demo", "--fleet"]).exits(0);
    let out = ran.stdout;
    let commands: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("$ faascmd fleet ")).collect();
    assert_eq!(commands.len(), 6, "{out}");
    assert!(out.contains("── demo-003 (1): exit 11"), "{out}");
    assert!(out.contains("4 instances were made and released"), "{out}");
    let ledger = std::fs::read_to_string(world.path().join("ledger")).unwrap();
    assert_eq!(ledger.matches("\"Released\"").count(), 4, "{ledger}");
}
