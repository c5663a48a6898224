//! Why ECS makes no instance: nothing left, a quota, money, or a wrong order. What helps differs, so the class says which.

use super::{Class, Row};

const RUN: &str = "ECS API reference, \"RunInstances\"";
const SDK: &str = "alibabacloud_ecs20140526 7.11.8, \"RunInstances\"";

const fn row(code: &'static str, status: u16) -> Row {
    Row::new("ecs", code).status(status)
}

const fn capacity(code: &'static str, status: u16) -> Row {
    row(code, status).class(Class::Capacity)
}

const fn quota(code: &'static str, status: u16) -> Row {
    row(code, status).class(Class::Quota)
}

const fn money(code: &'static str, status: u16) -> Row {
    row(code, status).class(Class::Money)
}

pub(super) const ROWS: &[Row] = &[
    capacity("InstanceType.Offline", 403)
        .means("The instance type is being taken off the market.")
        .advice("Order the family's next type; `faascmd fleet prices TYPE` shows what a zone still has.")
        .from(RUN),
    capacity("ResourceNotAvailable", 400)
        .means("The zone can't give what was ordered.")
        .advice("Give vSwitches of more zones: `--vswitch V,V2`.")
        .from(RUN),
    capacity("OperationDenied.ZoneNotAllowed", 403)
        .means("The zone takes no orders of this kind.")
        .advice("Order in a zone where `faascmd fleet prices TYPE` shows stock.")
        .from(RUN),
    capacity("OperationDenied.ResourceControl", 403)
        .means("The resource is under control for the moment.")
        .advice("Order again later; `--wait-capacity 1h` does so by itself.")
        .from(RUN),
    capacity("NodeControllerUnavailable", 403)
        .means("The machines below the zone can't be reached at present.")
        .advice("Order in another zone, or wait until the zone is whole again.")
        .from(RUN),
    row("IncorrectVSwitchStatus", 400)
        .class(Class::Transient)
        .means("The vSwitch is being made or changed.")
        .advice("Wait until the vSwitch is Available; the order was repeated meanwhile.")
        .from("terraform-provider-alicloud, errors that it repeats"),
    quota("QuotaExceed.AfterpayInstance", 400)
        .means("The account may not have more pay-as-you-go instances.")
        .advice("Raise the number of pay-as-you-go instances in the Quota Center, or release some.")
        .from(RUN),
    quota("QuotaExceeded", 400)
        .on(&["RunInstances", "CreateInstance"])
        .means("A quota of the VPC is used up.")
        .advice("The message names the quota: raise it in the Quota Center under VPC.")
        .from(RUN),
    quota("QuotaExceeded.PrivateIpAddress", 400)
        .means("The vSwitch has not enough free addresses.")
        .advice("Order into a vSwitch with a larger network, or spread over several: `--vswitch V,V2`.")
        .from(RUN),
    quota("SecurityGroupInstanceLimitExceed", 403)
        .means("The security group takes no more instances.")
        .advice("Use another security group of the same VPC, or one of the enterprise kind.")
        .from(RUN),
    quota("QuotaExceed.PostPaidDisk", 403)
        .means("The account may not have more pay-as-you-go disks.")
        .advice("Release disks that were kept, or raise the quota of disks in the Quota Center.")
        .from(RUN),
    quota("QuotaExceed.Tags", 403)
        .means("An instance may not have so many tags.")
        .advice("Order with fewer tags: an instance may have 20.")
        .from(RUN),
    money("PaymentMethodNotFound", 404)
        .means("The account has no way to pay.")
        .advice("Add a credit card or a balance in the billing console.")
        .from(RUN),
    money("InvalidPayMethod", 403)
        .means("The account's way to pay does not do for this order.")
        .advice("Choose another way to pay in the billing console.")
        .from(RUN),
    row("SecurityRisk.3DVerification", 403)
        .means("The bank wants the cardholder to confirm the payment.")
        .advice("Confirm the card in the billing console, then order again.")
        .from(RUN),
    row("RegionUnauthorized", 403)
        .means("The account may not use this region.")
        .advice("Ask for the region to be opened by a ticket, or order in another one.")
        .from(RUN),
    row("InvalidInstanceType.ValueUnauthorized", 400)
        .means("The account may not have this instance type.")
        .advice("Ask for the type by a ticket: f-instances of 16 vCPUs and more need one on a new account.")
        .from(RUN),
    row("InvalidInstanceType.NotSupported", 403)
        .means("This instance type can't be ordered in this way.")
        .advice("The message says what does not fit it: the way of paying, the network or the disk.")
        .from(RUN),
    row("OperationDenied.ImageNotValid", 403)
        .means("The ECS image can't be used now.")
        .advice("See the image's state in the ECS console: it must be Available.")
        .from(RUN),
    row("InvalidSecurityGroupId", 404)
        .also(&["InvalidSecurityGroupId.NotFound"])
        .class(Class::NotFound)
        .means("There is no such security group in this region.")
        .advice("Copy the group's id (sg-…) from the ECS console of the same region.")
        .from(RUN),
    row("OperationDenied.InconsistentNetwork", 403)
        .means("The security group and the vSwitch belong to different networks.")
        .advice("Give a security group and vSwitches of one and the same VPC.")
        .from(RUN),
    row("InvalidMinAmount.Malformed", 400)
        .means("The least number of instances is not a number from 1 to the amount.")
        .advice("Give --min between 1 and --count.")
        .from(SDK),
    row("InvalidMaxAmount.Malformed", 400)
        .means("The number of instances is not 1 to 100.")
        .advice("One call makes 100 at most; `faascmd fleet up --count` divides a larger number itself.")
        .from(RUN),
    row("InvalidUserData.SizeExceeded", 400)
        .means("The script for the first boot is longer than 32 KB.")
        .advice("Put the long part into the bucket and fetch it from a short script.")
        .from(RUN),
    row("InvalidUserData.NotSupported", 400)
        .also(&["ImageNotSupportCloudInit"])
        .means("The ECS image runs no script at its first boot.")
        .advice("Use an image with cloud-init, or leave --user-data out and use `faascmd fleet run`.")
        .from(SDK),
    row("InvalidSpotPriceLimit", 400)
        .means("The price limit is not a price with at most three decimals.")
        .advice("Write the limit per hour, such as --spot-limit 1.25.")
        .from(RUN),
    row("InvalidSpotInterruptionBehavior", 400)
        .means("What is to happen when the market takes the instance back is not one of its words.")
        .advice("Write Terminate or Stop for SpotInterruptionBehavior.")
        .from(RUN),
    row("InvalidClientToken.ValueNotSupported", 400)
        .means("The client token is longer than 64 characters, or not ASCII.")
        .advice("Report it with the request id: this program makes its tokens itself.")
        .from(RUN),
    row("Duplicate.TagKey", 400).means("A tag was given twice.").advice("Give each tag once.").from(RUN),
    row("InvalidParams.InstanceNameExceed", 403)
        .means("The name leaves no room for the number behind it.")
        .advice("Choose a name of at most 120 characters.")
        .from(SDK),
    row("IdempotenceParamNotMatch", 400)
        .also(&["InvalidIdempotenceParameter.Mismatch"])
        .class(Class::Conflict)
        .means("The same client token came before with another order.")
        .advice("Look what the first order made (`faascmd fleet ls`) before you order anew.")
        .from("ECS API reference, \"How to ensure idempotence\""),
    row("IdempotentProcessing", 403)
        .also(&["Idempotence.Processing"])
        .class(Class::Transient)
        .means("The first order with this token is still being worked on.")
        .advice("Wait: the order was repeated with the same token and made nothing twice.")
        .from("ECS API reference, \"How to ensure idempotence\""),
];
