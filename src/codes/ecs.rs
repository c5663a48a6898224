//! What ECS answers when instances are started, stopped, released or given a role.

use super::{Class, Row};

const RUN: &str = "ECS metadata of 2026 and API reference, \"RunInstances\"";
const LIFE: &str = "ECS API reference, life cycle of instances";
const ROLE: &str = "ECS API reference, \"AttachInstanceRamRole\"";
const RUN_INSTANCES: &[&str] = &["RunInstances"];

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("ecs", code).status(status)
}

pub(super) const ROWS: &[Row] = &[
    row("DryRunOperation", 400)
        .means("Not an error: the dry run went well, and nothing was done.")
        .advice("Leave out the dry run to do it.")
        .from(RUN),
    row("OperationDenied.NoStock", 403)
        .class(Class::Capacity)
        .means("There is no instance of this type left in the zone.")
        .advice(
            "Try another zone or a neighbouring type of the family, or later; f3 is in cn-shanghai, \
            cn-beijing and cn-zhangjiakou.",
        )
        .from(RUN),
    row("QuotaExceed.ElasticQuota", 403)
        .class(Class::Quota)
        .means("The account may not have more instances of this kind.")
        .advice("Raise the quota in the Quota Center, or release an instance that you do not need.")
        .from(RUN),
    row("Zone.NotOnSale", 403)
        .class(Class::Capacity)
        .means("Nothing is sold in this zone at present.")
        .advice("Take another zone of the region; DescribeAvailableResource lists those with stock.")
        .from(RUN),
    row("Zone.NotOpen", 403)
        .class(Class::Capacity)
        .means("The zone is not open to this account.")
        .advice("Ask for the zone to be opened by a ticket, or use a zone where you have instances already.")
        .from(RUN),
    row("InvalidInstanceType.ZoneNotSupported", 403)
        .class(Class::Capacity)
        .means("The zone does not have this instance type.")
        .advice("Choose the vSwitch of another zone: the zone comes with the vSwitch.")
        .from(RUN),
    row("InvalidInstanceType.ValueNotSupported", 400)
        .means("There is no such instance type, or it is no longer sold.")
        .advice("Write the type in full, such as ecs.f3-c16f1.4xlarge; f2 is not sold any more.")
        .from(RUN),
    row("ImageNotSupportInstanceType", 403)
        .means("The ECS image does not run on this instance type.")
        .advice("Use the FPGA development image that Alibaba shared with you for this family.")
        .from(RUN),
    row("InvalidImageId.NotFound", 404)
        .class(Class::NotFound)
        .means("There is no such ECS image in this region, or it is not shared with you.")
        .advice(
            "FPGA development images are shared by ticket and by region: ask for this account and \
            region.",
        )
        .from(RUN),
    row("ImageNotSubscribed", 403)
        .means("The Marketplace image has not been bought by this account.")
        .advice("Subscribe to the image in the Marketplace, then start the instance again.")
        .from(RUN),
    row("InvalidSpotStrategy", 400)
        .means("This way of pricing a preemptible instance does not exist.")
        .advice("Write NoSpot, SpotWithPriceLimit or SpotAsPriceGo.")
        .from(RUN),
    row("InvalidSpotAuthorized", 400)
        .means("The account may not use preemptible instances.")
        .advice("Ask for preemptible instances by a ticket, or pay as you go.")
        .from(RUN),
    row("InvalidSpotPrepaid", 400)
        .means("A preemptible instance can't be paid in advance.")
        .advice("Set InstanceChargeType to PostPaid together with SpotStrategy.")
        .from(RUN),
    row("InvalidSpotAliUid", 400)
        .means("This account is shut out from preemptible instances.")
        .advice("Use an ordinary pay-as-you-go instance with an automatic release time.")
        .from(RUN),
    row("InvalidSpotDuration", 400)
        .means("The protected time of a preemptible instance is 0 or 1 hour.")
        .advice("Set SpotDuration to 1, or to 0 for the lower price.")
        .from(RUN),
    row("InvalidSpotPriceLimit.LowerThanPublicPrice", 400)
        .means("The limit is below what a preemptible instance costs now.")
        .advice("Raise --spot-limit above the market's last price: `faascmd fleet prices TYPE`.")
        .from(RUN),
    row("InvalidAutoReleaseTime.Malformed", 400)
        .means("The release time is not yyyy-MM-ddTHH:mm:ssZ, or not 30 minutes to 3 years ahead.")
        .advice("Give a UTC time at least half an hour from now, such as 2026-01-31T18:00:00Z.")
        .from(RUN),
    row("InvalidRamRole.NotFound", 404)
        .class(Class::NotFound)
        .means("There is no such role to give to an instance.")
        .advice("Create the role for the trusted service ECS in the RAM console first.")
        .from(ROLE),
    row("InvalidRamRole.NotEcsRole", 404)
        .means(
            "The role does not trust ecs.aliyuncs.com, so no instance can carry it (401 from \
            RunInstances).",
        )
        .advice("Add ecs.aliyuncs.com to the services in the role's trust policy.")
        .from(ROLE),
    row("InvalidUser.PassRoleForbidden", 403)
        .means("The caller may not hand this role to an instance.")
        .advice("Allow the caller ram:PassRole for the role's ARN.")
        .from(ROLE),
    row("InvalidInstanceIds.Malformed", 400)
        .means("The list of instances is not a JSON array of at most 100 ids.")
        .advice("Write the ids as [\"i-…\",\"i-…\"].")
        .from(ROLE),
    row("InvalidNetworkType.MismatchRamRole", 403)
        .means("Only an instance in a VPC can carry a role.")
        .advice("Move the instance into a VPC; those of the classic network need an AccessKey.")
        .from(ROLE),
    row("InvalidVSwitchId.NotFound", 404)
        .class(Class::NotFound)
        .means("There is no such vSwitch in this region.")
        .advice("Copy the vSwitch's id (vsw-…) from the VPC console of the same region.")
        .from(RUN),
    row("InvalidParameter.Mismatch", 400)
        .on(RUN_INSTANCES)
        .means("The security group and the vSwitch are in different VPCs.")
        .advice("Take a security group of the vSwitch's VPC.")
        .from(RUN),
    row("InvalidSystemDiskSize.LessThanImageSize", 404)
        .means("The system disk is smaller than the image.")
        .advice("Give the system disk the image's size at least; 200 GiB are advised for f3.")
        .from(RUN),
    row("InvalidDiskCategory.NotSupported", 403)
        .means("The instance type does not take this kind of disk.")
        .advice("Use cloud_efficiency or cloud_ssd: f3 takes no others.")
        .from(RUN),
    row("OperationDenied.CreatingConflict", 404)
        .class(Class::Transient)
        .means("The instance is still being created.")
        .advice("Wait until its status is Running, then go on.")
        .from(RUN),
    row("Forbidden.RiskControl", 403)
        .means("The cloud's risk control stopped the account.")
        .advice("Contact the cloud's support from the console; no other setting helps.")
        .from(RUN),
    row("IncorrectInstanceStatus", 403)
        .class(Class::Conflict)
        .means("The instance is in a state that does not allow this.")
        .advice("See the instance's status in the ECS console; start it or let it come to rest first.")
        .from(LIFE),
    row("IncorrectInstanceStatus.Initializing", 403)
        .class(Class::Transient)
        .means("The instance is too young for this.")
        .advice("Wait a minute until it has been made; the call was repeated meanwhile.")
        .from(LIFE),
    row("OperationDenied.SpotPriceLowerThanPublicPrice", 403)
        .means("The preemptible instance can't start, for the market's price is above its limit now.")
        .advice("Wait until the price falls, or start an instance with a higher limit.")
        .from(LIFE),
    row("InvalidInstanceId.NotSupport", 403)
        .means("A preemptible instance can't be stopped so that it costs nothing.")
        .advice("Stop it with StoppedMode KeepCharging, or release it.")
        .from(LIFE),
    row("InvalidOperation.DeletionProtection", 403)
        .class(Class::Conflict)
        .means("The instance is protected against release.")
        .advice("Switch off its release protection in the ECS console if you mean it.")
        .from(LIFE),
    row("ChargeTypeViolation", 403)
        .class(Class::Conflict)
        .means("The way the instance is paid does not allow this.")
        .advice("Renew only what is paid in advance, release or set a release time only for pay-as-you-go.")
        .from(LIFE),
    row("DependencyViolation.RouteEntry", 400)
        .class(Class::Transient)
        .means("A route of the VPC still points to the instance.")
        .advice("Remove the route in the VPC console, then release the instance.")
        .from(LIFE),
    row("DependencyViolation.SLBConfiguring", 400)
        .means("A load balancer that the instance is behind is being configured.")
        .advice("Take the instance out of the load balancer, or wait until it is configured.")
        .from(LIFE),
    row("InstanceNotReady", 403)
        .class(Class::Transient)
        .means("The instance is not ready to be started.")
        .advice("Start it once more in a minute.")
        .from(LIFE),
    row("DiskInArrears", 403)
        .class(Class::Money)
        .means("A disk of the instance is locked because its bill is not paid.")
        .advice("Pay the disk's bill, then start the instance.")
        .from(LIFE),
    row("InstanceLockedForSecurity", 403)
        .means("The cloud's security locked the instance.")
        .advice("See the reason in the console's security centre; nothing but that lifts the lock.")
        .from(LIFE),
    row("InstanceExpiredOrInArrears", 403)
        .class(Class::Money)
        .means("The instance's time is over, or its bill is not paid.")
        .advice("Renew it with `faascmd fleet renew`, or pay the bill.")
        .from(LIFE),
    row("DiskError", 403)
        .means("A disk of the instance is in trouble.")
        .advice("See the disk's state in the ECS console; release the instance if it stays so.")
        .from(LIFE),
    row("InvalidOperation.EniLinked", 403)
        .means("A second network interface hangs on the instance.")
        .advice("Take the interface off in the ECS console, then release the instance.")
        .from(LIFE),
    row("NoSuchResource", 404)
        .class(Class::NotFound)
        .means("What the request names is gone.")
        .advice("List the instances again: it has been released meanwhile.")
        .from(LIFE),
    row("InvalidParams.InstanceType", 400)
        .means("The price history does not know this instance type.")
        .advice("Ask for a type that is sold as preemptible in this region.")
        .from("ECS API reference, \"DescribeSpotPriceHistory\""),
];
