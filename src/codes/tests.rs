//! The tables hold what the documents list, and no advice twice.

use std::collections::BTreeMap;

use super::lookup::find;
use super::{SERVICES, rows};

/// The table of "faascmd FAQ": action (or `-` for all), status, code.
const FAAS: &[(&str, u16, &str)] = &[
    ("-", 400, "PARAMETER INVALIDATE"),
    ("-", 500, "InternalError"),
    ("-", 404, "InvalidProduct.NotFound"),
    ("-", 404, "InvalidAccessKeyId.NotFound"),
    ("-", 400, "InvalidAccessKeyId.Inactive"),
    ("-", 400, "InvalidSecurityToken.Expired"),
    ("-", 400, "InvalidSecurityToken.Malformed"),
    ("-", 400, "InvalidSecurityToken.MismatchWithAccessKey"),
    ("-", 403, "NoPermisson"),
    ("CreateFpgaImageTask", 401, "IMAGE NUMBER EXCEED"),
    ("CreateFpgaImageTask", 503, "FREQUENCY ERROR"),
    ("CreateFpgaImageTask", 404, "SHELL NOT SUPPORT"),
    ("CreateFpgaImageTask", 404, "EntityNotExist.RoleError"),
    ("CreateFpgaImageTask", 403, "AccessDeniedError"),
    ("CreateFpgaImageTask", 403, "CALLER TYPE NOT SUPPORT"),
    ("CreateFpgaImageTask", 404, "NoSuchBucketError"),
    ("CreateFpgaImageTask", 404, "OSS OBJECT NOT FOUND"),
    ("DeleteFpgaImage", 404, "IMAGE NOT FOUND"),
    ("DeletePublishFpgaImage", 404, "IMAGE NOT FOUND"),
    ("DescribeFpgaInstances", 401, "NOT AUTHORIZED"),
    ("DescribeFpgaInstances", 403, "CALLER TYPE NOT SUPPORT"),
    ("DescribeFpgaInstances", 404, "INSTANCE INVALIDATE"),
    ("DescribeLoadTaskStatus", 401, "NOT AUTHORIZED"),
    ("DescribeLoadTaskStatus", 404, "FPGA NOT FOUND"),
    ("LoadFpgaImageTask", 404, "FPGA NOT FOUND"),
    ("LoadFpgaImageTask", 503, "ANOTHER TASK RUNNING"),
    ("LoadFpgaImageTask", 401, "IMAGE ACCESS ERROR"),
    ("LoadFpgaImageTask", 401, "YOU HAVE NO ACCESS TO THIS INSTANCE"),
    ("LoadFpgaImageTask", 404, "IMAGE NOT FOUND"),
    ("LoadFpgaImageTask", 404, "SHELL NOT MATCH"),
    ("LoadFpgaImageTask", 403, "ASSUME ROLE USER NOT SUPPORT"),
    ("LoadFpgaImageTask", 404, "Image not in success state"),
    ("PublishFpgaImage", 404, "FPGA IMAGE STATE ERROR"),
    ("PublishFpgaImage", 404, "FPGA IMAGE NOT FOUND"),
    // The 2018 state of the same page.
    ("CreateFpgaImageTask", 403, "RoleAccessError"),
    ("DescribeFpgaInstances", 403, "RoleAccessError"),
    ("LoadFpgaImageTask", 403, "RoleAccessError"),
    ("CreateFpgaImageTask", 401, "InvalidAccessKeyIdError"),
    ("CreateFpgaImageTask", 503, "Forbidden.KeyNotFoundError"),
];

#[test]
fn every_row_of_the_faas_table_is_here_by_action() {
    for (action, status, code) in FAAS {
        let row = find("faas", action, code).unwrap_or_else(|| panic!("{action}: {code}"));
        assert_eq!(row.http_status, Some(*status), "{code}");
        assert_eq!(row.actions.is_empty(), *action == "-", "{code}");
    }
}

#[test]
fn every_row_is_whole_and_its_advice_its_own() {
    let mut advice = BTreeMap::new();
    for row in rows() {
        assert!(SERVICES.contains(&row.service), "{row:?}");
        for text in [row.meaning, row.advice] {
            assert!(text.ends_with(['.', ')']) && text.len() > 10, "{row:?}");
        }
        assert!(!row.source.is_empty(), "{row:?}");
        if let Some(other) = advice.insert(row.advice, row.code) {
            panic!("{other} and {} have the same advice", row.code);
        }
    }
}

#[test]
fn no_row_hides_behind_another() {
    for row in rows() {
        let actions = if row.actions.is_empty() { &["any"][..] } else { row.actions };
        for action in actions {
            let code = row.code.trim_end_matches(".*").trim_start_matches('*');
            let found = find(row.service, action, code);
            assert_eq!(found, Some(row), "{code} on {action}");
        }
    }
}
