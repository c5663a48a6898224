//! What ECS and Cloud Assistant answer to a parameter that can't be right.

use super::Row;

const COMMON: &str = "ECS API reference, \"Common error codes\"";
const TAGS: &str = "ECS API reference, \"TagResources\"";

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("ecs", code).status(status)
}

pub(super) const ROWS: &[Row] = &[
    row("DRYRUN.SUCCESS", 400)
        .means("Not an error: the dry run for several instances went well, and nothing was done.")
        .advice("Leave out the dry run to do it to all of them.")
        .from(COMMON),
    row("InvalidParameter", 400)
        .means("A parameter has a value that can't be, or a list of parameters has a gap.")
        .advice("The message names the parameter and its value; correct it.")
        .from(COMMON),
    row("InvalidInstanceName.Malformed", 400)
        .means("The instances' name is not 2 to 128 characters that begin with a letter.")
        .advice("Choose a name such as ddr or ddr-[1,3].")
        .from(COMMON),
    row("InvalidKeyPairName.NotFound", 404)
        .means("There is no such key pair in the region.")
        .advice("DescribeKeyPairs lists them; instances that are driven by Cloud Assistant need none.")
        .from(COMMON),
    row("InvalidTagKey.Malformed", 400)
        .means("A tag's key is empty, longer than 128 characters, or begins with aliyun or acs:.")
        .advice("Choose another key for the tag.")
        .from(TAGS),
    row("InvalidTagValue.Malformed", 400)
        .means("A tag's value is longer than 128 characters or contains http://.")
        .advice("Choose another value for the tag.")
        .from(TAGS),
    row("NumberExceed.ResourceIds", 400)
        .means("More than 50 resources in one call about tags.")
        .advice("Name at most 50 resources at once.")
        .from(TAGS),
    row("NumberExceed.Tags", 400)
        .means("More than 20 tags in one call.")
        .advice("Give at most 20 tags at once.")
        .from(TAGS),
    row("InvalidStatus.NotFound", 404)
        .means("There is no such state of an instance.")
        .advice("The states are Pending, Starting, Running, Stopping and Stopped.")
        .from("ECS API reference, \"DescribeInstances\""),
    row("InvalidFilterKey.NotFound", 404)
        .means("Instances can't be listed by such a filter.")
        .advice("The filters are CreationStartTime, ExpiredStartTime and ExpiredEndTime.")
        .from("ECS API reference, \"DescribeInstances\""),
    row("InvalidInternetMaxBandwidthOut", 403)
        .means("The instance has no bandwidth to the internet, so that it can't have a public address.")
        .advice("Make instances with --public-ip MBIT where one is needed.")
        .from("ECS API reference, \"AllocatePublicIpAddress\""),
    row("AllocatedAlready", 400)
        .means("The instance has a public address already.")
        .advice("DescribeInstances shows the address.")
        .from("ECS API reference, \"AllocatePublicIpAddress\""),
    row("InvalidParam.Amount", 403)
        .means("One call makes 1 to 100 instances, and at least as many of them as MinAmount says.")
        .advice("Give --min no more than --count.")
        .from(COMMON),
    row("InvalidUserData.Forbidden", 403)
        .means("The script for the first boot is not allowed here, or is not Base64.")
        .advice("Leave --user-data out and use `faascmd fleet run` after the boot.")
        .from(COMMON),
    row("Parameter.Disabled", 404)
        .means("The command takes no parameters, and some were given.")
        .advice("Make the command with EnableParameter=true, or leave Parameters out.")
        .from("ECS API reference, \"InvokeCommand\""),
    row("CmdContent.DecodeError", 403)
        .means("The command is not the Base64 that ContentEncoding says it is.")
        .advice("Encode the command, or send ContentEncoding=PlainText.")
        .from("ECS API reference, \"RunCommand\""),
];
