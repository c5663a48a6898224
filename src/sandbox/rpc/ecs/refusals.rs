//! What ECS refuses, in the words of its documents where they are known.

use crate::sandbox::rpc::refusal::refusals;

refusals! {
    MISSING_PARAMETER = 400, "MissingParameter",
        "The input parameter that is mandatory for processing this request is not supplied.";
    NEXT_TOKEN = 400, "InvalidParameter", "The specified NextToken is not of this query.";
    REGION_NOT_FOUND = 404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.";
    DRY_RUN = 400, "DryRunOperation", "Request validation has been passed with DryRun flag set.";
    DRY_RUN_BATCH = 400, "DRYRUN.SUCCESS", "Request validation has been passed with DryRun flag set.";
    THROTTLED = 400, "Throttling", "Request was denied due to request throttling.";

    NO_STOCK = 403, "OperationDenied.NoStock",
        "The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.";
    QUOTA = 403, "QuotaExceed.ElasticQuota",
        "No additional quota is available for the specified ECS instance type.";
    TAG_QUOTA = 403, "QuotaExceed.Tags", "The maximum number of tags is exceeded.";
    TYPE_NOT_SUPPORTED = 400, "InvalidInstanceType.ValueNotSupported",
        "The specified InstanceType beyond the permitted range.";
    IMAGE_NOT_FOUND = 404, "InvalidImageId.NotFound", "The specified ImageId does not exist.";
    IMAGE_AND_TYPE = 403, "ImageNotSupportInstanceType",
        "The specified image does not support the specified instance type.";
    VSWITCH_NOT_FOUND = 404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist.";
    SECURITY_GROUP_NOT_FOUND = 404, "InvalidSecurityGroupId.NotFound",
        "The specified SecurityGroupId does not exist.";
    MISMATCH = 400, "InvalidParameter.Mismatch",
        "The specified security group and vSwitch are not in the same VPC, or the vSwitch is not in the zone.";
    KEY_PAIR_NOT_FOUND = 404, "InvalidKeyPairName.NotFound", "The specified KeyPairName does not exist.";
    ROLE_NOT_FOUND = 404, "InvalidRamRole.NotFound", "The specified RamRoleName does not exist.";
    PASS_ROLE = 403, "InvalidUser.PassRoleForbidden",
        "The RAM user does not have the privilege to pass a RAM role.";
    DISK_TOO_SMALL = 404, "InvalidSystemDiskSize.LessThanImageSize",
        "The specified SystemDisk.Size is less than the image size.";
    DISK_CATEGORY = 403, "InvalidDiskCategory.NotSupported",
        "The specified disk category is not supported by the instance type.";
    AUTO_RELEASE_TIME = 400, "InvalidAutoReleaseTime.Malformed",
        "The specified AutoReleaseTime is out of the permitted range: 30 minutes to 3 years from now.";
    AMOUNT = 403, "InvalidParam.Amount", "The specified Amount or MinAmount is not valid.";
    USER_DATA_SIZE = 400, "InvalidUserData.SizeExceeded", "The specified UserData exceeds 32 KB.";
    USER_DATA = 403, "InvalidUserData.Forbidden", "The specified UserData is not Base64.";
    SPOT_STRATEGY = 400, "InvalidSpotStrategy", "The specified SpotStrategy is not valid.";
    SPOT_PRICE = 400, "InvalidSpotPriceLimit", "The specified SpotPriceLimit is not valid.";
    SPOT_PRICE_LOW = 400, "InvalidSpotPriceLimit.LowerThanPublicPrice",
        "The specified SpotPriceLimit is lower than the current public price.";
    SPOT_PREPAID = 400, "InvalidSpotPrepaid", "Preemptible instances are pay-as-you-go.";
    DUPLICATE_TAG = 400, "Duplicate.TagKey", "The Tag.N.Key contains a duplicate key.";
    TAG_KEY = 400, "InvalidTagKey.Malformed", "The specified Tag.N.Key is not valid.";
    TAG_VALUE = 400, "InvalidTagValue.Malformed", "The specified Tag.N.Value is not valid.";
    INSTANCE_NAME = 400, "InvalidInstanceName.Malformed", "The specified InstanceName is not valid.";
    CLIENT_TOKEN = 400, "InvalidClientToken.ValueNotSupported", "The ClientToken is more than 64 ASCII characters.";
    TOKEN_MISMATCH = 400, "IdempotentParameterMismatch",
        "The request uses the same client token as a previous, but non-identical request.";

    INSTANCE_NOT_FOUND = 404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.";
    INSTANCE_IDS = 400, "InvalidInstanceIds.Malformed", "The specified InstanceIds is not a JSON list of texts.";
    WRONG_STATUS = 403, "IncorrectInstanceStatus",
        "The current status of the resource does not support this operation.";
    INITIALIZING = 403, "IncorrectInstanceStatus.Initializing",
        "The specified instance status does not support this operation: it is being created.";
    PROTECTED = 403, "InvalidOperation.DeletionProtection",
        "The operation is not allowed due to deletion protection.";
    CHARGE_TYPE = 403, "ChargeTypeViolation", "The operation is not permitted due to charge type of the instance.";
    LOCKED = 403, "InstanceLockedForSecurity", "The instance is locked.";
    NO_SUCH_RESOURCE = 404, "NoSuchResource", "The specified resource is not found.";
    TAG_RESOURCES = 400, "NumberExceed.ResourceIds", "The maximum number of ResourceIds is exceeded.";
    TAG_NUMBER = 400, "NumberExceed.Tags", "The maximum number of Tags is exceeded.";
    STATUS_NOT_FOUND = 404, "InvalidStatus.NotFound", "The specified Status does not exist.";
    NO_BANDWIDTH = 403, "InvalidInternetMaxBandwidthOut", "The instance has no bandwidth to the internet.";
    IP_ALLOCATED = 400, "AllocatedAlready", "A public IP address has been allocated to the instance.";

    COMMAND_TYPE = 403, "InvalidCmdType.NotFound", "The specified command type does not exist.";
    COMMAND_NOT_FOUND = 404, "InvalidCmdId.NotFound", "The specified command ID does not exist.";
    CONTENT_LIMIT = 403, "CmdContent.ExceedLimit", "The length of the command content exceeds the upper limit.";
    CONTENT_NOT_BASE64 = 403, "CmdContent.DecodeError", "The command content can not be decoded as Base64.";
    NAME_LIMIT = 403, "CmdName.ExceedLimit", "The length of the command name exceeds the upper limit.";
    DESCRIPTION_LIMIT = 403, "CmdDesc.ExceedLimit",
        "The length of the command description exceeds the upper limit.";
    USERNAME_LIMIT = 403, "Username.ExceedLimit", "The length of the username exceeds the upper limit.";
    PARAMETER_DISABLED = 404, "Parameter.Disabled",
        "The Parameters parameter is not allowed for a command without EnableParameter.";
    PARAMETER_NOT_MATCHED = 403, "Parameter.NotMatched",
        "The custom parameters do not match those of the command.";
    TOO_MANY_INSTANCES = 403, "InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit.";
    RUN_NOT_FOUND = 404, "InvalidInstance.NotFound", "The specified instance does not exist.";
    RUN_NOT_MATCH = 403, "InvalidInstance.NotMatch",
        "The specified instance does not meet the conditions for running the command.";
    INVOKE_NOT_FOUND = 404, "InvalidInvokeId.NotFound", "The specified invoke ID does not exist.";
    FILE_SIZE = 403, "FileSize.ExceedLimit", "The size of the file exceeds the upper limit.";
    FILE_NAME = 403, "FileName.ExceedLimit", "The length of the file name exceeds the upper limit.";
    TARGET_DIR = 403, "FileTargetDir.Invalid", "The target directory is not valid.";
    FILE_MODE = 403, "FileMode.Invalid", "The file mode is not valid.";
    FILE_NOT_BASE64 = 403, "FileContent.DecodeError", "The file content can not be decoded as Base64.";
    FILE_CONTENT_TYPE = 403, "FileContentType.Invalid", "The content type of the file is not valid.";

    FILTER_NOT_FOUND = 404, "InvalidFilterKey.NotFound", "The specified Filter.N.Key does not exist.";
}
