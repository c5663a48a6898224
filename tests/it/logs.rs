//! `-v`, `-vv`, `-vvv`: what is told of the work, on stderr.

use crate::common::cloud::Cloud;

fn stderr_of(flags: &[&str]) -> String {
    Cloud::start(&[]).faascmd(&[&["image", "ls"], flags].concat()).exits(0).stderr
}

#[test]
fn without_a_flag_nothing_is_said() {
    assert_eq!(stderr_of(&[]), "");
}

#[test]
fn v_says_who_was_asked_what_with_the_request_id() {
    let said = stderr_of(&["-v"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains("credentials: environment (ALIBABA_CLOUD_ACCESS_KEY_ID)"), "{said}");
    assert!(
        lines[1].contains("faas DescribeFpgaImages: done in ") && lines[1].contains("request id "),
        "{said}"
    );
}

#[test]
fn vv_adds_headers_without_secrets_and_vvv_bodies() {
    let said = stderr_of(&["-vv"]);
    assert!(said.contains("> POST http://127.0.0.1:") && said.contains("Signature=***"), "{said}");
    assert!(said.contains("< HTTP 200") && said.contains("< content-type: application/json"), "{said}");
    assert!(!said.contains("fpgaImage"), "{said}");
    let said = stderr_of(&["-vvv"]);
    assert!(said.contains(r#"< {"RequestId":"#) && said.contains("fpgaImage"), "{said}");
}

#[test]
fn retries_are_told_and_dependencies_are_silent() {
    let cloud = Cloud::start(&["--fault", "server-error=0.5", "--fault-seed", "3"]);
    let said = cloud.shell("for i in 1 2 3 4; do faascmd image ls -vvv || true; done").exits(0).stderr;
    assert!(said.contains("; next try in "), "{said}");
    for library in ["hyper", "rustls", "reqwest"] {
        assert!(!said.contains(library), "{library} in {said}");
    }
}

#[test]
fn the_error_document_stays_the_last_line() {
    let ran = Cloud::start(&[]).faascmd(&["image", "show", "none", "-o", "json", "-vvv"]).exits(5);
    assert_eq!(ran.error()["kind"], "not_found");
}
