//! What FaaS answers, by action.

use super::{Class, Row};

const FAQ: &str = "Alibaba Cloud ECS documentation, \"faascmd FAQ\" (2021)";
const FAQ_2018: &str = "Alibaba Cloud ECS documentation, \"FAQ\" of faascmd (2018)";

const CREATE: &[&str] = &["CreateFpgaImageTask"];
const DELETE: &[&str] = &["DeleteFpgaImage", "DeletePublishFpgaImage"];
const INSTANCES: &[&str] = &["DescribeFpgaInstances"];
const STATUS: &[&str] = &["DescribeLoadTaskStatus"];
const LOAD: &[&str] = &["LoadFpgaImageTask"];
const STATUS_AND_LOAD: &[&str] = &["DescribeLoadTaskStatus", "LoadFpgaImageTask"];
const PUBLISH: &[&str] = &["PublishFpgaImage"];
const BY_ROLE: &[&str] = &["CreateFpgaImageTask", "DescribeFpgaInstances", "LoadFpgaImageTask"];

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("faas", code).status(status)
}

pub(super) const ROWS: &[Row] = &[
    row("PARAMETER INVALIDATE", 400)
        .means("A parameter is missing, malformed or too long; the service does not say which.")
        .advice(
            "Run the command again with -vv and read what was sent; suspect unusual characters or great \
            length in name, description and tags first.",
        )
        .from(FAQ),
    row("InternalError", 500)
        .means("FaaS failed to process the request, for a reason that it does not know.")
        .advice(
            "Look with `faascmd image ls` whether the request took effect, then try again; if it stays, \
            open a ticket with the request id.",
        )
        .from(FAQ),
    row("InvalidProduct.NotFound", 404)
        .means("There is no FaaS behind the host that was asked.")
        .advice(
            "FaaS is in cn-hangzhou, cn-shenzhen, cn-shanghai, cn-beijing and cn-zhangjiakou: check \
            --region, and --endpoint faas=URL if you gave one.",
        )
        .from(FAQ),
    row("SDK.InvalidRegionId", 404)
        .means("A message of the old tool: its Python SDK is too old to know where FaaS is.")
        .advice(
            "Nothing is wrong with your account; this program needs no Python SDK, so run the same \
            command with it.",
        )
        .from(FAQ),
    row("NoPermisson", 403)
        .means(
            "The RAM user may not manage the role and the policy that `auth` sets up (the service spells \
            the code so).",
        )
        .advice(
            "Let an administrator run `faascmd auth --bucket BUCKET`, or attach AliyunRAMFullAccess to \
            the RAM user while it runs `auth`.",
        )
        .from(FAQ),
    row("IMAGE NUMBER EXCEED", 401)
        .class(Class::Conflict)
        .on(CREATE)
        .means("The account has as many FPGA images as it may have: 30 (10 in older documents).")
        .advice("Delete images that you do not need: `faascmd image ls`, then `faascmd image rm UUID`.")
        .from(FAQ),
    row("FREQUENCY ERROR", 503)
        .class(Class::Conflict)
        .on(CREATE)
        .means(
            "FaaS takes one new image per half an hour, and the last one is less than 30 minutes old. It \
            answers 503 although trying again at once is of no use.",
        )
        .advice(
            "Wait until half an hour after your last image; `faascmd deploy` and `faascmd image create \
            --wait` wait it out by themselves.",
        )
        .from(FAQ),
    row("SHELL NOT SUPPORT", 404)
        .on(CREATE)
        .means("The service does not build for this shell (the fixed part of the FPGA's design).")
        .advice(
            "Take the shell that your chip reports (`faascmd fpga ls`); for f1 the documents name V1.0 \
            and V1.1. Give it with --shell.",
        )
        .from(FAQ),
    row("EntityNotExist.RoleError", 404)
        .class(Class::NotFound)
        .on(CREATE)
        .means(
            "The role with which FaaS reads your bucket, AliyunFAASDefaultRole, does not exist in this \
            account.",
        )
        .advice("Create the role: `faascmd auth --bucket BUCKET`.")
        .from(FAQ),
    row("AccessDeniedError", 403)
        .on(CREATE)
        .means("FaaS may not read the bucket: it belongs to another account, or the role does not allow it.")
        .advice(
            "Check with `faascmd doctor` whose bucket it is; if it is yours, `faascmd auth --bucket \
            BUCKET` lets FaaS read it.",
        )
        .from(FAQ),
    row("CALLER TYPE NOT SUPPORT", 403)
        .on(CREATE)
        .means(
            "Only the AccessKey of a RAM user may create an image; root keys, STS tokens and instance \
            roles may not.",
        )
        .advice("Make a RAM user with an AccessKey of its own and enter it with `faascmd config`.")
        .from(FAQ),
    row("NoSuchBucketError", 404)
        .class(Class::NotFound)
        .on(CREATE)
        .means("FaaS does not find the bucket in its own region.")
        .advice(
            "Bucket and image must be in one region: compare --region with the bucket's (`faascmd \
            doctor` shows both) and check the spelling of --bucket.",
        )
        .from(FAQ),
    row("OSS OBJECT NOT FOUND", 404)
        .class(Class::NotFound)
        .on(CREATE)
        .means("FaaS does not find the file in the bucket, or its role may not read it.")
        .advice(
            "See whether it is there: `faascmd object ls`. If it is, renew the role's policy: `faascmd \
            auth --bucket BUCKET`.",
        )
        .from(FAQ),
    row("IMAGE NOT FOUND", 404)
        .class(Class::NotFound)
        .on(DELETE)
        .means(
            "There is no such FPGA image in this account and region (400 in 2018); it may be deleted \
            already.",
        )
        .advice(
            "Nothing is left to delete, unless the UUID is mistyped: `faascmd image ls` shows what there \
            is.",
        )
        .from(FAQ),
    row("NOT AUTHORIZED", 401)
        .on(INSTANCES)
        .means("The RAM user may not see this instance.")
        .advice(
            "Attach AliyunECSReadOnlyAccess to the RAM user: FaaS needs `ecs:DescribeInstances` to list \
            an instance's chips.",
        )
        .from(FAQ),
    row("CALLER TYPE NOT SUPPORT", 403)
        .on(INSTANCES)
        .means("Only RAM users' keys and STS tokens may list an instance's chips; the root key may not.")
        .advice(
            "Do not use the account's own (root) AccessKey: `faascmd doctor` says who you are, `faascmd \
            config` takes a RAM user's key.",
        )
        .from(FAQ),
    row("INSTANCE INVALIDATE", 404)
        .on(INSTANCES)
        .means("The instance has no FPGA: it is not of the f1, f2 or f3 families.")
        .advice("Check --instance-id; on the instance itself leave it out, then its metadata name it.")
        .from(FAQ),
    row("NOT AUTHORIZED", 401)
        .on(STATUS)
        .means("The instance is not yours, or its id is mistyped.")
        .advice(
            "Check the id in the ECS console and the region with --region; `faascmd fpga ls \
            --instance-id ID` must show the chip whose state you ask for.",
        )
        .from(FAQ),
    row("FPGA NOT FOUND", 404)
        .class(Class::NotFound)
        .on(STATUS_AND_LOAD)
        .means("The instance has no chip with this FPGA UUID.")
        .advice("Copy the FPGA UUID from `faascmd fpga ls`, or give the chip by its index: --fpga 0.")
        .from(FAQ),
    row("ANOTHER TASK RUNNING", 503)
        .class(Class::Conflict)
        .on(LOAD)
        .means(
            "The chip is still busy with another load (`operating`). It answers 503 although trying again \
            at once is of no use.",
        )
        .advice(
            "Wait for it with `faascmd fpga wait`; a load that hangs clears after about 10 minutes, then \
            try again, then open a ticket.",
        )
        .from(FAQ),
    row("IMAGE ACCESS ERROR", 401)
        .on(LOAD)
        .means("The FPGA image belongs to another account and is not published to you.")
        .advice(
            "Load an image of your own (`faascmd image ls`), or ask its owner to publish it: `faascmd \
            image publish`.",
        )
        .from(FAQ),
    row("YOU HAVE NO ACCESS TO THIS INSTANCE", 401)
        .on(LOAD)
        .means("The instance onto whose chip the image should go is not the caller's.")
        .advice(
            "Use a key of the account that owns the instance (`faascmd doctor` names the caller's \
            account), and check --instance-id.",
        )
        .from(FAQ),
    row("IMAGE NOT FOUND", 404)
        .class(Class::NotFound)
        .on(LOAD)
        .means(
            "There is no such FPGA image here; for a Marketplace image, it is not linked with the ECS \
            image that the instance runs.",
        )
        .advice(
            "Take the UUID from `faascmd image ls` in the instance's region; for a Marketplace image ask \
            its vendor to publish it for your ECS image.",
        )
        .from(FAQ),
    row("SHELL NOT MATCH", 404)
        .on(LOAD)
        .means("The image was built for another shell than the chip carries.")
        .advice(
            "Compare `faascmd fpga ls` with `faascmd image ls`; create the image anew with the chip's \
            shell: `faascmd image create KEY --shell SHELL`.",
        )
        .from(FAQ),
    row("ASSUME ROLE USER NOT SUPPORT", 403)
        .on(LOAD)
        .means("With an STS token (an instance role, too) only Marketplace images can be loaded.")
        .advice("To load an image of your own, use a RAM user's AccessKey: `faascmd config`.")
        .from(FAQ),
    row("Image not in success state", 404)
        .class(Class::Conflict)
        .on(LOAD)
        .means("The image is still being built, or its build failed.")
        .advice("Wait for it: `faascmd image wait UUID`; if it failed, read why: `faascmd image log UUID`.")
        .from(FAQ),
    row("FPGA IMAGE STATE ERROR", 404)
        .class(Class::Conflict)
        .on(PUBLISH)
        .means("Only an image in the state `success` can be published.")
        .advice("See its state with `faascmd image show UUID` and publish it once it is `success`.")
        .from(FAQ),
    row("FPGA IMAGE NOT FOUND", 404)
        .class(Class::NotFound)
        .on(PUBLISH)
        .means("There is no such FPGA image to publish.")
        .advice(
            "Publish with the FPGA image's UUID first and the ECS image's id behind --ecs-image: \
            `faascmd image publish UUID --ecs-image m-…`.",
        )
        .from(FAQ),
    row("RoleAccessError", 403)
        .on(BY_ROLE)
        .means("The role's ARN is empty or of another account, so FaaS may not assume it.")
        .advice(
            "Remove a wrong `role=` from the credentials file or --role-arn; without one, \
            AliyunFAASDefaultRole of your own account is used.",
        )
        .from(FAQ_2018),
    row("InvalidAccessKeyIdError", 401)
        .on(CREATE)
        .means("FaaS does not know the AccessKey (the older code).")
        .advice("Enter the AccessKey again with `faascmd config`, which asks the cloud who it belongs to.")
        .from(FAQ_2018),
    row("Forbidden.KeyNotFoundError", 503)
        .class(Class::Refused)
        .on(CREATE)
        .means("The KMS key for the encrypted image does not exist, or is in another region.")
        .advice(
            "Check --kms-key in the KMS console of the same region, and that KMS is switched on; or \
            leave out --encrypt.",
        )
        .from(FAQ_2018),
];
