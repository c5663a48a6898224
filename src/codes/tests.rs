//! The tables hold what the documents list, and no advice twice.

use std::collections::BTreeMap;

use super::lookup::find;
use super::{SERVICES, all, rows};

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

/// OSS: status and code, of "Error codes" and the pages of single causes.
const OSS: &[(u16, &[&str])] = &[
    (500, &["InternalError"]),
    (
        503,
        &[
            "ServiceUnavailable",
            "PutQpsLimitExceeded",
            "UploadTrafficRateLimitExceeded",
            "DownloadTrafficRateLimitExceeded",
            "ActiveRequestLimitExceeded",
        ],
    ),
    (
        400,
        &[
            "RequestTimeout",
            "BadRequest",
            "InvalidPart",
            "InvalidPartOrder",
            "EntityTooSmall",
            "InvalidDigest",
        ],
    ),
    (400, &["InvalidArgument", "MalformedXML", "EntityTooLarge", "0002-00000228", "0042-00000213"]),
    (403, &["RequestTimeTooSkewed", "SecurityTokenExpired", "InvalidSecurityToken", "InvalidAccessKeyId"]),
    (403, &["SignatureDoesNotMatch", "AccessDenied", "SecondLevelDomainForbidden", "0002-00000080"]),
    (403, &["0002-00000003", "0002-00000004", "0002-00000006", "0002-00000007", "0002-00000008"]),
    (403, &["0002-00000201", "0002-00000504"]),
    (404, &["NoSuchUpload", "NoSuchBucket", "NoSuchKey", "0042-00000203"]),
    (409, &["FileAlreadyExists"]),
    (412, &["PreconditionFailed"]),
    (411, &["MissingContentLength"]),
];

/// What the gateway of the RPC services answers, and RAM, STS and ECS themselves.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "faas",
        &["Throttling", "Throttling.User", "Throttling.Api", "SignatureNonceUsed", "IncompleteSignature"],
    ),
    (
        "faas",
        &["IllegalTimestamp", "InvalidTimeStamp.Expired", "SignatureDoesNotMatch", "InvalidAccessKeySecret"],
    ),
    (
        "ram",
        &["IdempotentParameterMismatch", "InsufficientBalance", "MissingParameter", "UnsupportedParameter"],
    ),
    ("ram", &["Forbidden.RAM", "Forbidden.Unauthorized", "Forbidden.SubUser", "Forbidden.AccessKeyDisabled"]),
    (
        "ecs",
        &["InvalidAction", "LastTokenProcessing", "RealNameAuthenticationError", "InvalidRegionId.NotFound"],
    ),
    ("ecs", &["InvalidInstanceId.NotFound", "OperationConflict", "InternalError", "UnknownError"]),
    ("faas", &["SDK.InvalidRegionId"]),
    ("ecs", &["ServiceUnavailable", "ServiceUnavailable.RegionMaintaining", "SDK.HttpError"]),
    ("ram", &["EntityAlreadyExists.Role", "EntityNotExist.Role", "EntityNotExist.Policy", "NoPermission"]),
    ("sts", &["EntityNotExist.Role", "NoPermission", "InvalidParameter.RoleArn"]),
    ("ecs", &["OperationDenied.NoStock", "QuotaExceed.ElasticQuota", "Zone.NotOnSale", "Zone.NotOpen"]),
    ("ecs", &["InvalidInstanceType.ZoneNotSupported", "InvalidInstanceType.ValueNotSupported"]),
    (
        "ecs",
        &[
            "ImageNotSupportInstanceType",
            "InvalidImageId.NotFound",
            "ImageNotSubscribed",
            "InvalidSpotStrategy",
        ],
    ),
    ("ecs", &["InvalidSpotAuthorized", "InvalidSpotPrepaid", "InvalidSpotAliUid", "InvalidSpotDuration"]),
    ("ecs", &["InvalidSpotPriceLimit.LowerThanPublicPrice", "InvalidAutoReleaseTime.Malformed"]),
    ("ecs", &["InvalidAccountStatus.NotEnoughBalance", "Account.Arrearage", "InvalidRamRole.NotFound"]),
    ("ecs", &["InvalidRamRole.NotEcsRole", "InvalidUser.PassRoleForbidden", "InvalidVSwitchId.NotFound"]),
    ("ecs", &["InvalidParameter.Mismatch", "InvalidSystemDiskSize.LessThanImageSize", "DryRunOperation"]),
    (
        "ecs",
        &["InvalidDiskCategory.NotSupported", "OperationDenied.CreatingConflict", "Forbidden.RiskControl"],
    ),
    (
        "ecs",
        &["IncorrectInstanceStatus", "IncorrectInstanceStatus.Initializing", "InvalidInstanceId.NotSupport"],
    ),
    ("ecs", &["OperationDenied.SpotPriceLowerThanPublicPrice", "InvalidOperation.DeletionProtection"]),
    ("ecs", &["ChargeTypeViolation", "DependencyViolation.RouteEntry", "DependencyViolation.SLBConfiguring"]),
    ("ecs", &["NoSuchResource", "InvalidParams.InstanceType", "InvalidInstanceIds.Malformed"]),
    ("ecs", &["InvalidNetworkType.MismatchRamRole", "RegionId.ApiNotSupported", "InvalidCmdType.NotFound"]),
    ("ecs", &["InstanceIds.ExceedLimit", "InvalidInstance.NotFound", "InvalidInstance.NotMatch"]),
    (
        "ecs",
        &[
            "CmdCount.ExceedQuota",
            "Username.ExceedLimit",
            "InternalError.Dispatch",
            "InvalidInvokeId.NotFound",
        ],
    ),
    ("ecs", &["FileSize.ExceedLimit", "FileName.ExceedLimit", "FileTargetDir.Invalid", "FileMode.Invalid"]),
    ("ecs", &["FileContent.DecodeError", "FileContentType.Invalid", "InstanceNotExists", "InstanceReleased"]),
    ("ecs", &["InstanceNotRunning", "CommandNotApplicable", "AccountNotExists", "DirectoryNotExists"]),
    (
        "ecs",
        &[
            "BadCronExpression",
            "ClientNotRunning",
            "ClientNotResponse",
            "ClientIsUpgrading",
            "ClientNeedUpgrade",
        ],
    ),
    (
        "ecs",
        &[
            "DeliveryTimeout",
            "ExecutionTimeout",
            "ExecutionException",
            "ExecutionInterrupted",
            "ExitCodeNonzero",
        ],
    ),
    ("ecs", &["SecurityGroupRuleDenied", "ClientNetworkBlocked"]),
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
fn every_code_of_oss_is_here_with_its_status() {
    for (status, code) in OSS.iter().flat_map(|(status, codes)| codes.iter().map(move |code| (status, code)))
    {
        let row = find("oss", "PutObject", code).unwrap_or_else(|| panic!("{code}"));
        assert_eq!((row.service, row.http_status), ("oss", Some(*status)), "{code}");
    }
}

#[test]
fn every_code_of_the_other_services_is_here() {
    for (service, code) in
        OTHERS.iter().flat_map(|(service, codes)| codes.iter().map(move |code| (service, code)))
    {
        assert!(!all(code, Some(service)).is_empty(), "{service}: {code}");
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
