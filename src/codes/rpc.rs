//! What every service but OSS can answer, by way of the gateway that they share.

use super::{Class, Row};

const COMMON: &str = "ECS API reference, \"Response results\"";
const FAQ: &str = "Alibaba Cloud ECS documentation, \"faascmd FAQ\" (2021)";
const IDEMPOTENCE: &str = "ECS API reference, \"How to ensure idempotence\"";
const SIGNATURE: &str = "ECS API reference, \"Signature\"; answers in public issue trackers";
const ANSWERS: &str = "answers of the gateway in public issue trackers and repositories";
const STS: &str = "OSS documentation, \"STS common errors and troubleshooting\"";
const SDK: &str = "aliyun-python-sdk-core 2.16.1";

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("rpc", code).status(status)
}

pub(super) const ROWS: &[Row] = &[
    row("InvalidAccessKeyId.NotFound", 404)
        .means("There is no such AccessKey id.")
        .advice("Compare the id with the RAM console's; a deleted key must be replaced: `faascmd config`.")
        .from(FAQ),
    row("InvalidAccessKeyId.Inactive", 400)
        .also(&["Forbidden.AccessKeyDisabled"])
        .means("The AccessKey is switched off.")
        .advice("Switch it on in the RAM console, or enter another one with `faascmd config`.")
        .from(FAQ),
    row("InvalidSecurityToken.Expired", 400)
        .means("The temporary key's time is over, says the gateway.")
        .advice(
            "Renew what you exported as ALIBABA_CLOUD_SECURITY_TOKEN, with its id and secret; `faascmd \
            doctor` shows which source was used.",
        )
        .from(FAQ),
    row("InvalidSecurityToken.Malformed", 400)
        .means("What was sent as the token of a temporary key is not one.")
        .advice("Copy the whole token on one line, without quotes or spaces around it.")
        .from(FAQ),
    row("InvalidSecurityToken.MismatchWithAccessKey", 400)
        .means("The token belongs to another temporary key.")
        .advice(
            "Id, secret and token must come from one answer of STS: unset all three, then export them \
            together.",
        )
        .from(FAQ),
    row("MissingSecurityToken", 400)
        .means("The key is a temporary one, and its token did not come with it.")
        .advice("Export ALIBABA_CLOUD_SECURITY_TOKEN beside the temporary id and secret.")
        .from(STS),
    row("SignatureDoesNotMatch", 400)
        .also(&["InvalidAccessKeySecret"])
        .means("The secret is wrong, or the request was altered between here and the gateway.")
        .advice(
            "The error says whether both sides signed the same text: if so, the secret is wrong, enter \
            it again with `faascmd config`.",
        )
        .from(SIGNATURE),
    row("SignatureNonceUsed", 400)
        .means("The gateway has seen this very request before; something on the way sent it twice.")
        .advice("Look whether the first one took effect before you repeat the command.")
        .from(COMMON),
    row("InvalidTimeStamp.Expired", 400)
        .means("The request's time is more than 15 minutes from the gateway's.")
        .advice("Correct this machine's time: `timedatectl` shows whether it is synchronised.")
        .from(SIGNATURE),
    row("InvalidTimeStamp.Format", 400)
        .means("The request's time is not written as the gateway reads it.")
        .advice("Report it with the request id: the time should read like 2024-03-01T08:15:42Z.")
        .from(ANSWERS),
    row("IllegalTimestamp", 400)
        .means("The request's time is not acceptable (the older code for a wrong clock).")
        .advice(
            "Compare `date -u` with the real time and start the time service: `sudo systemctl start \
            chronyd`.",
        )
        .from(COMMON),
    row("IncompleteSignature", 400)
        .means("The signature lacks something that the gateway needs.")
        .advice("Check for stray characters in the AccessKey id; otherwise report it with the request id.")
        .from(COMMON),
    row("Throttling.*", 400)
        .class(Class::Throttled)
        .means("The account calls this action too often.")
        .advice(
            "Wait a minute, and do not poll from several programs at once; the calls were repeated with \
            growing pauses before this was reported.",
        )
        .from(COMMON),
    row("MissingParameter", 400)
        .means("The action needs a parameter that was not sent.")
        .advice("The message names it; see `--help` of the command for the flag.")
        .from(COMMON),
    row("UnsupportedParameter", 400)
        .means("The action does not take a parameter that was sent.")
        .advice(
            "Leave out the flag that the message names: this region or this kind of instance does not \
            know it.",
        )
        .from(COMMON),
    row("InvalidAction", 403)
        .means("The service does not know the action.")
        .advice("An --endpoint points at another service: check it against `faascmd doctor`.")
        .from(COMMON),
    row("InvalidAction.NotFound", 404)
        .means("The host that was asked has no such action.")
        .advice(
            "Give each service its own host, as in --endpoint faas=URL; one without a name stands for \
            all of them.",
        )
        .from(ANSWERS),
    row("InvalidVersion", 400)
        .means("The host that was asked does not know this version of the service's interface.")
        .advice("The --endpoint is the host of another product: FaaS answers at faas.REGION.aliyuncs.com.")
        .from(ANSWERS),
    row("InvalidParameter.Format", 400)
        .means("The answer was asked for in a format that the gateway does not write.")
        .advice("This program asks for JSON: something on the way changes its requests, look for a proxy.")
        .from(ANSWERS),
    row("UnsupportedHTTPMethod", 400)
        .means("The gateway takes GET and POST only.")
        .advice("A proxy changed the request's method: try without it, NO_PROXY='*'.")
        .from(ANSWERS),
    row("InvalidSignatureMethod", 400)
        .means("The gateway does not know the way in which the request says that it is signed.")
        .advice("Report it with the request id: this program signs these services' calls with HMAC-SHA1.")
        .from(ANSWERS),
    row("Forbidden.RAM", 403)
        .means("The RAM user's policies do not allow the action.")
        .advice(
            "Let an administrator attach a policy with this action; docs/permissions.md lists what each \
            command needs.",
        )
        .from(COMMON),
    row("Forbidden.Unauthorized", 403)
        .means("The service was not allowed to act for this account.")
        .advice("Allow it once in its console, signed in as the account's owner.")
        .from(COMMON),
    row("Forbidden.SubUser", 403)
        .means("RAM users may not do this, whatever their policies say.")
        .advice("The account's owner must do it in the console.")
        .from(COMMON),
    row("RealNameAuthenticationError", 403)
        .means("The account's owner has not been identified.")
        .advice("Complete the real-name verification in the account's console; buying needs it.")
        .from(COMMON),
    row("InsufficientBalance", 400)
        .also(&["InvalidAccountStatus.NotEnoughBalance", "Account.Arrearage"])
        .class(Class::Money)
        .means("The account has not enough money.")
        .advice("Top up the account in the billing console.")
        .from(COMMON),
    row("LastTokenProcessing", 403)
        .class(Class::Transient)
        .means("The same request is still being worked on.")
        .advice("Wait for its result: look at the list of what it creates before you try again.")
        .from(IDEMPOTENCE),
    row("IdempotentParameterMismatch", 400)
        .class(Class::Conflict)
        .means("The same client token came before with other parameters.")
        .advice("Run the command anew, so that it takes a new token.")
        .from(IDEMPOTENCE),
    row("InvalidRegionId.NotFound", 404)
        .means("There is no such region.")
        .advice(
            "Write the region as cn-hangzhou, without zone or `oss-`; a region that you never set may \
            come from a file: `faascmd doctor` says which.",
        )
        .from(COMMON),
    row("InvalidInstanceId.NotFound", 404)
        .class(Class::NotFound)
        .means("There is no such instance in this region; it may have been released.")
        .advice("Find the instance's region in the ECS console and give it with --region.")
        .from(COMMON),
    row("OperationConflict", 409)
        .also(&["Operation.Conflict"])
        .class(Class::Transient)
        .means("Another operation on the same thing is under way.")
        .advice("Let the other operation end, then repeat this one.")
        .from(COMMON),
    row("InternalError", 500)
        .also(&["UnknownError"])
        .means("The gateway or the service behind it failed.")
        .advice(
            "Try again; if it lasts, look at the cloud's status page and open a ticket with the request \
            id.",
        )
        .from(COMMON),
    row("ServiceUnavailable", 503)
        .means("The service is out of order for the moment.")
        .advice("Wait some minutes; the request was repeated where that was safe.")
        .from(COMMON),
    row("ServiceUnavailable.RegionMaintaining", 503)
        .means("The region is being maintained.")
        .advice("The console announces how long it takes; if you can, work in another region meanwhile.")
        .from(COMMON),
    Row::new("rpc", "SDK.HttpError")
        .means("A message of the old tool: its Python SDK could not reach the service.")
        .advice("Find out where the way ends: `faascmd doctor` tries DNS, TLS and proxy of each service.")
        .from(SDK),
];
