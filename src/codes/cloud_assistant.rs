//! What Cloud Assistant answers, and the codes with which a command on an instance ends.

use super::Row;

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
    row("InvalidInvokeId.NotFound", 404)
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
        .means("This is no file mode.")
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
