//! What FaaS refuses, in the words of its document (the table "faascmd FAQ", state of January 2021).

use crate::sandbox::rpc::refusal::refusals;

refusals! {
    PARAMETER_INVALIDATE = 400, "PARAMETER INVALIDATE", "Specify parameters are invalid.";
    CALLER_TYPE = 403, "CALLER TYPE NOT SUPPORT", "The callerType is not supported.";
    CALLER_TYPE_FOR_CREATE = 403, "CALLER TYPE NOT SUPPORT",
        "The callerType is not supported, please use sub user's AK.";
    IMAGE_NUMBER_EXCEED = 401, "IMAGE NUMBER EXCEED",
        "The user is allowed to have no more than 30 images.";
    FREQUENCY_ERROR = 503, "FREQUENCY ERROR",
        "CreateFpgaImage task is allowed to take every half an hour.";
    SHELL_NOT_SUPPORT = 404, "SHELL NOT SUPPORT",
        "The shellUUID is not supported, please check your input shellUUID.";
    ROLE_NOT_EXIST = 404, "EntityNotExist.RoleError", "The specified Role not exists.";
    ROLE_ACCESS = 403, "RoleAccessError", "You have no right to assume this role.";
    KEY_NOT_FOUND = 503, "Forbidden.KeyNotFoundError", "The specified Key is not found.";
    BUCKET_ACCESS = 403, "AccessDeniedError", "The bucket you visit does not belong to you.";
    NO_SUCH_BUCKET = 404, "NoSuchBucketError", "The specified bucket does not exist.";
    OBJECT_NOT_FOUND = 404, "OSS OBJECT NOT FOUND", "The specified oss object does not exist.";
    IMAGE_NOT_FOUND = 404, "IMAGE NOT FOUND", "The specify image does not found.";
    NOT_AUTHORIZED = 401, "NOT AUTHORIZED", "You are not allowed to access this instance.";
    INSTANCE_INVALIDATE = 404, "INSTANCE INVALIDATE", "The instance you specify is not FPGA type.";
    FPGA_NOT_FOUND = 404, "FPGA NOT FOUND", "The fpga you specify is not found.";
    ANOTHER_TASK_RUNNING = 503, "ANOTHER TASK RUNNING",
        "Another task is running, user is allowed to take this task half an hour.";
    IMAGE_ACCESS = 401, "IMAGE ACCESS ERROR", "You are not allowed to access this fpga image.";
    INSTANCE_ACCESS = 401, "YOU HAVE NO ACCESS TO THIS INSTANCE",
        "You are not allowed to access this instance.";
    IMAGE_TO_LOAD_NOT_FOUND = 404, "IMAGE NOT FOUND", "The fpga image you specify is not found.";
    SHELL_NOT_MATCH = 404, "SHELL NOT MATCH", "The imageShell is not match with fpgaShell.";
    ASSUMED_ROLE = 403, "ASSUME ROLE USER NOT SUPPORT",
        "AssumeRoleUser only support loading market fpga images.";
    IMAGE_NOT_IN_SUCCESS = 404, "Image not in success state",
        "The fpga image you specify is not in success state.";
    PUBLISH_STATE = 404, "FPGA IMAGE STATE ERROR", "The specify fpga image is not in success state.";
    PUBLISH_NOT_FOUND = 404, "FPGA IMAGE NOT FOUND", "The specify fpga image does not found.";
}
