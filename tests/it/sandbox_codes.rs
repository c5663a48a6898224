//! What the sandbox says and what `explain` knows agree.

use faascmd::testing::{codes, sandbox};

#[test]
fn every_code_that_the_sandbox_s_services_send_is_explained_with_its_status() {
    let mut unexplained = Vec::new();
    for (service, status, code) in sandbox::rpc_refusals() {
        // The gateway answers for every service; a row of FaaS may say it best.
        let service = if service == "rpc" { "faas" } else { service };
        let rows = codes::all(code, Some(service));
        if !rows.iter().any(|row| row.http_status.is_none_or(|known| known == status)) {
            unexplained.push(format!("{service} {status} {code}"));
        }
    }
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}

#[test]
fn every_code_of_the_service_s_table_can_be_had_from_the_sandbox() {
    let elsewhere = [
        ("SDK.InvalidRegionId", "the Python SDK makes it up"),
        ("NoPermisson", "RAM sends it, and spells it NoPermission"),
        ("InvalidAccessKeyIdError", "the state of 2018; the gateway says InvalidAccessKeyId.NotFound since"),
    ];
    let sent: Vec<&str> = sandbox::rpc_refusals().map(|(_, _, code)| code).collect();
    let of_faas = codes::rows().filter(|row| row.service == "faas").map(|row| row.code);
    let missing: Vec<&str> = of_faas
        .filter(|code| !sent.contains(code) && !elsewhere.iter().any(|(other, _)| other == code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_document_says_of_every_code_how_it_is_had() {
    let document = include_str!("../../docs/sandbox.md");
    let unsaid: Vec<&str> = sandbox::rpc_refusals()
        .map(|(_, _, code)| code)
        .filter(|code| !document.contains(&format!("`{code}`")))
        .collect();
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

#[test]
fn every_code_that_object_storage_sends_is_explained_with_its_status() {
    let mut unexplained = Vec::new();
    // 304 says that there is nothing new; that is no error.
    for (status, code, _) in sandbox::oss_refusals().filter(|(status, _, _)| *status >= 400) {
        let rows = codes::all(code, Some("oss"));
        if !rows.iter().any(|row| row.http_status.is_none_or(|known| known == status)) {
            unexplained.push(format!("{status} {code}"));
        }
    }
    unexplained.dedup();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}
