//! `faascmd explain`: what a code means and what to do.

use faascmd::testing::Exit;

use crate::common::world::World;

#[test]
fn explains_by_action_what_one_code_means() {
    let answer = World::new().faascmd(&["explain", "IMAGE NOT FOUND", "-o", "json"]).exits(0).json();
    assert_eq!(answer["schema"], "faascmd.explain/1");
    let items = answer["items"].as_array().unwrap();
    let actions: Vec<_> = items.iter().map(|row| row["actions"][0].as_str().unwrap()).collect();
    assert_eq!(actions, ["DeleteFpgaImage", "LoadFpgaImageTask"]);
    assert!(items.iter().all(|row| row["advice"].is_string() && row["source"].is_string()));
}

#[test]
fn takes_a_code_of_several_words_without_quotes_and_several_codes() {
    let world = World::new();
    let one = world.faascmd(&["explain", "shell", "not", "match", "-o", "json"]).exits(0).json();
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    assert_eq!(one["items"][0]["code"], "SHELL NOT MATCH");
    let two = world.faascmd(&["explain", "NoSuchKey", "0002-00000228", "-o", "json"]).exits(0).json();
    assert_eq!(two["items"].as_array().unwrap().len(), 2);
    let family = world.faascmd(&["explain", "Throttling.User", "-o", "json"]).exits(0).json();
    assert_eq!(family["items"][0]["code"], "Throttling.*");
}

#[test]
fn explains_every_exit_code_by_its_number_and_its_kind() {
    let world = World::new();
    for exit in Exit::ALL {
        for name in [exit.code().to_string(), exit.kind().to_owned()] {
            let answer =
                world.faascmd(&["explain", &name, "--service", "faascmd", "-o", "json"]).exits(0).json();
            assert_eq!(answer["items"][0]["code"], exit.code().to_string());
        }
    }
}

#[test]
fn the_document_of_exit_codes_says_the_same() {
    let document = include_str!("../../docs/exit-codes.md");
    let ours: Vec<_> = faascmd::testing::codes::rows().filter(|row| row.service == "faascmd").collect();
    assert_eq!(ours.len(), Exit::ALL.len());
    for row in ours {
        let line = format!("| {} | `{}` | {} | {} |", row.code, row.also[0], row.meaning, row.advice);
        assert!(document.contains(&line), "{line}");
    }
}

#[test]
fn suggests_what_was_meant() {
    let error = World::new().faascmd(&["explain", "NoSuchBuckte", "-o", "json"]).exits(5).error();
    assert_eq!(error["kind"], "not_found");
    assert_eq!(error["hints"][0], "did you mean `NoSuchBucket`?");
    let error = World::new().faascmd(&["explain", "0099-00000001", "-o", "json"]).exits(5).error();
    assert_eq!(error["hints"][0], "OSS explains it at https://api.aliyun.com/troubleshoot?q=0099-00000001");
    let error = World::new().faascmd(&["explain", "503", "-o", "json"]).exits(5).error();
    assert!(error["hints"][0].as_str().unwrap().contains("FREQUENCY ERROR"));
    let error =
        World::new().faascmd(&["explain", "NoSuchKey", "--service", "faas", "-o", "json"]).exits(5).error();
    assert_eq!(error["hints"][0], "oss has it: faascmd explain \"NoSuchKey\"");
}

#[test]
fn prints_a_page_for_people() {
    let ran = World::new().faascmd(&["explain", "7"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    code	7
    service	this program's exit codes
    also	unreachable
    meaning	The service could not be reached, or throttled every try.
    advice	Check network and proxy with `faascmd doctor`, then run the command again: it goes on where it stopped.
    source	docs/exit-codes.md
    ");
}
