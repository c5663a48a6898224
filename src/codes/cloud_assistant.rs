//! What Cloud Assistant answers, and the codes with which a command on an instance ends.

use super::{Class, Row};

const RUN: &str = "ECS API reference, \"RunCommand\"";
const RESULTS: &str = "ECS API reference, \"DescribeInvocationResults\"";
const FILE: &str = "ECS API reference, \"SendFile\"";

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("ecs", code).status(status)
}

/// A code in the record of a command, which no HTTP status comes with.
const fn outcome(code: &'static str) -> Row {
    Row::new("ecs", code).on(&["DescribeInvocationResults", "DescribeInvocations", "DescribeSendFileResults"])
}

pub(super) const ROWS: &[Row] = &[
    row("RegionId.ApiNotSupported", 400)
        .means("Cloud Assistant is not in this region.")
        .advice("Sign in to the instance with ssh instead.")
        .from(RUN),
    row("InvalidCmdType.NotFound", 403)
        .means("There is no such type of command.")
        .advice("Use RunShellScript on Linux.")
        .from(RUN),
    row("InstanceIds.ExceedLimit", 403)
        .means("Too many instances in one call.")
        .advice("Name at most 50 instances at once.")
        .from(RUN),
    row("InvalidInstance.NotFound", 404)
        .class(Class::NotFound)
        .means("The command's instance does not exist in this region.")
        .advice("Check the instance's id and region: the command was not run anywhere.")
        .from(RUN),
    row("InvalidInstance.NotMatch", 403)
        .means("The command does not fit the instance's system, or the instance is not in a VPC.")
        .advice("Run shell scripts on Linux instances in a VPC only.")
        .from(RUN),
    row("CmdCount.ExceedQuota", 403)
        .means("The account keeps as many commands as it may.")
        .advice("Delete kept commands in the console, or run with KeepCommand=false.")
        .from(RUN),
    row("Username.ExceedLimit", 403)
        .means("The user's name is too long.")
        .advice("Run as root, which is the default, or as a user with a shorter name.")
        .from(RUN),
    row("InternalError.Dispatch", 500)
        .means("Cloud Assistant could not hand the command over.")
        .advice("Send the command once more after a minute.")
        .from(RUN),
    row("CmdContent.ExceedLimit", 403)
        .means("The script is too long.")
        .advice("Put what is long into the bucket: a script may have 12 KB here.")
        .from(RUN),
    row("CmdName.ExceedLimit", 403)
        .also(&["CmdDesc.ExceedLimit"])
        .means("The command's name or description is too long.")
        .advice("Give the command a name of 128 characters at most.")
        .from(RUN),
    row("InvalidCmdId.NotFound", 404)
        .means("There is no such command in this region.")
        .advice("Copy the command's id (c-…) from what made it, and give its region.")
        .from(RUN),
    row("ParameterCount.ExceedLimit", 403)
        .also(&["ParameterKey.ExceedLimit", "ParameterKey.Duplicate", "Parameter.NotMatched"])
        .means("The values for the script's parameters do not fit the script.")
        .advice("Pass each name that stands in {{}} in the script once, ten at most.")
        .from(RUN),
    row("InvalidParam.Frequency", 403)
        .also(&["MissingParam.Frequency"])
        .means("The times at which the command is to be repeated can't be read.")
        .advice("Write a rate such as rate(5m), or run the command once.")
        .from(RUN),
    row("InvalidInvokeId.NotFound", 404)
        .class(Class::NotFound)
        .means("There is no record of this run; records are kept for some weeks.")
        .advice("Copy the run's id (t-…) from what started it.")
        .from(RESULTS),
    row("FileSize.ExceedLimit", 403)
        .means("The file is larger than 32 KiB in Base64.")
        .advice("Put larger files into the bucket and fetch them on the instance: `faascmd object get KEY`.")
        .from(FILE),
    row("FileName.ExceedLimit", 403)
        .means("The file's name has more than 255 characters.")
        .advice("Give the file a shorter name.")
        .from(FILE),
    row("FileTargetDir.Invalid", 403)
        .means("This can't be a folder on the instance.")
        .advice("Give an absolute path, such as /root.")
        .from(FILE),
    row("FileMode.Invalid", 403)
        .means("This is not a file mode.")
        .advice("Write the mode in octal, such as 0644.")
        .from(FILE),
    row("FileContent.DecodeError", 403)
        .means("The file's content is not the Base64 that it was said to be.")
        .advice("Send it with ContentType PlainText, or encode it again.")
        .from(FILE),
    row("FileContentType.Invalid", 403)
        .means("There is no such encoding of a file's content.")
        .advice("Use PlainText or Base64 as the file's encoding.")
        .from(FILE),
    outcome("FileCreateFail")
        .means("The file could not be written on the instance.")
        .advice("See that the disk is not full: `faascmd fleet run TARGET -- df -h`.")
        .from(FILE),
    outcome("FileAlreadyExists")
        .means("There is such a file on the instance already.")
        .advice("Send it with Overwrite, or under another name.")
        .from(FILE),
    outcome("FileContentInvalid")
        .means("The file's content can't be sent: an empty file is refused.")
        .advice("Send a file that is not empty.")
        .from(FILE),
    outcome("FileNameInvalid")
        .also(&["FilePathInvalid"])
        .means("The file's name or folder is not valid on the instance.")
        .advice("Give a name without a slash and an absolute folder.")
        .from(FILE),
    outcome("FileAuthorityInvalid")
        .also(&["UserGroupNotExists"])
        .means("The file's mode, owner or group does not exist on the instance.")
        .advice("Leave owner and group out; a mode has three or four octal digits.")
        .from(FILE),
    outcome("InstanceNotExists")
        .means("The instance did not exist when the command should have run.")
        .advice("Name an instance that exists; this one may be of another region.")
        .from(RESULTS),
    outcome("InstanceReleased")
        .means("The instance was released while the command was under way.")
        .advice("Run it on another instance; a preemptible one can go at any time.")
        .from(RESULTS),
    outcome("InstanceNotRunning")
        .means("The instance was not running.")
        .advice("Start the instance and run the command again.")
        .from(RESULTS),
    outcome("CommandNotApplicable")
        .means("The command can't run on this kind of instance.")
        .advice("Check that the instance runs Linux.")
        .from(RESULTS),
    outcome("AccountNotExists")
        .means("The user that should run the command is not on the instance.")
        .advice("Create the user there, or leave Username out.")
        .from(RESULTS),
    outcome("DirectoryNotExists")
        .means("The working directory is not on the instance.")
        .advice("Create the directory with a first command, or work in /root.")
        .from(RESULTS),
    outcome("BadCronExpression")
        .means("The times for a repeated command are not a cron expression.")
        .advice("Correct the expression, or run the command once.")
        .from(RESULTS),
    outcome("ClientNotRunning")
        .means("The Cloud Assistant agent is not running on the instance.")
        .advice("Start it on the instance: `sudo systemctl start aliyun`.")
        .from(RESULTS),
    outcome("ClientNotResponse")
        .means("The agent did not answer.")
        .advice("Restart the agent (`sudo systemctl restart aliyun`), and look at the instance's load.")
        .from(RESULTS),
    outcome("ClientIsUpgrading")
        .means("The agent is being updated.")
        .advice("Run the command again in a few minutes, when the agent is updated.")
        .from(RESULTS),
    outcome("ClientNeedUpgrade")
        .means("The agent is too old for this.")
        .advice("Install the newest agent (aliyun_assist) on the instance.")
        .from(RESULTS),
    outcome("DeliveryTimeout")
        .means("The command did not reach the instance within its time.")
        .advice("See that the instance can reach the cloud's internal network, then send it again.")
        .from(RESULTS),
    outcome("ExecutionTimeout")
        .means("The command ran longer than its time and was stopped.")
        .advice("Give a longer Timeout; the default is 60 seconds.")
        .from(RESULTS),
    outcome("ExecutionException")
        .means("The command could not be run for an unforeseen reason.")
        .advice("Read ErrorInfo of the result, and the agent's log below /usr/local/share/aliyun-assist.")
        .from(RESULTS),
    outcome("ExecutionInterrupted")
        .means("The command was interrupted, as by a restart.")
        .advice("See what it had done already before you run it again.")
        .from(RESULTS),
    outcome("ExitCodeNonzero")
        .means("The command itself ended with an exit code other than 0.")
        .advice("Read its output in the result; what failed is your script, not the cloud.")
        .from(RESULTS),
    outcome("SecurityGroupRuleDenied")
        .also(&["ClientNetworkBlocked"])
        .means("A rule of the security group keeps the agent from the cloud.")
        .advice("Allow outgoing traffic to 100.64.0.0/10 in the security group.")
        .from(RESULTS),
];
