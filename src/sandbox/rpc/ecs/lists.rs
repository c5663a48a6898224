//! Lists to choose from: regions, zones, types, images, networks, key pairs.

use serde_json::{Value, json};

use super::catalogue::{self, IMAGE_GIB, InstanceType, KEY_PAIR, PUBLIC_IMAGE, REGIONS, Region, TYPES, Zone};
use super::page::{Limits, Row, listed};
use super::{refusals, region};
use crate::sandbox::identity::ACCOUNT;
use crate::sandbox::rpc::State;
use crate::sandbox::rpc::call::{Answer, Call};
use crate::sandbox::rpc::parameters::{Parameter, choice, flag, list, number, text};

const PAGE: [Parameter; 2] = [number("PageNumber", 1, 1_000_000), number("PageSize", 1, 100)];

pub(super) const OF_REGIONS: &[Parameter] = &[text("InstanceChargeType", 16), text("ResourceType", 32)];
pub(super) const OF_ZONES: &[Parameter] = &[
    choice("InstanceChargeType", &["PostPaid", "PrePaid"]),
    choice("SpotStrategy", &["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"]),
    flag("Verbose"),
];
pub(super) const OF_TYPES: &[Parameter] = &[
    list("InstanceTypes.N", 10),
    text("InstanceTypeFamily", 64),
    text("InstanceCategory", 64),
    number("MaxResults", 1, 1600),
    text("NextToken", 200),
];
pub(super) const OF_IMAGES: &[Parameter] = &[
    text("ImageId", 2000),
    choice("ImageOwnerAlias", &["system", "self", "others", "marketplace"]),
    number("ImageOwnerId", 0, i64::MAX),
    text("ImageName", 128),
    text("ImageFamily", 128),
    text("InstanceType", 64),
    text("Status", 64),
    text("OSType", 16),
    choice("Architecture", &["i386", "x86_64", "arm64"]),
    text("ActionType", 32),
    text("Usage", 16),
    flag("IsSupportCloudinit"),
    flag("IsSupportIoOptimized"),
    flag("IsPublic"),
    PAGE[0],
    PAGE[1],
];
pub(super) const OF_VSWITCHES: &[Parameter] =
    &[text("VpcId", 64), text("VSwitchId", 64), text("ZoneId", 64), flag("IsDefault"), PAGE[0], PAGE[1]];
pub(super) const OF_SECURITY_GROUPS: &[Parameter] = &[
    text("VpcId", 64),
    text("SecurityGroupId", 64),
    text("SecurityGroupIds", 4096),
    text("SecurityGroupName", 128),
    choice("SecurityGroupType", &["normal", "enterprise"]),
    choice("NetworkType", &["vpc", "classic"]),
    list("Tag.N.Key", 20),
    list("Tag.N.Value", 20),
    PAGE[0],
    PAGE[1],
    number("MaxResults", 1, 100),
    text("NextToken", 200),
];
pub(super) const OF_KEY_PAIRS: &[Parameter] =
    &[text("KeyPairName", 128), text("KeyPairFingerPrint", 64), PAGE[0], number("PageSize", 1, 50)];

fn numbered(rows: impl Iterator<Item = Value>) -> Vec<Row> {
    (1..).zip(rows).collect()
}

/// The regions; the call needs none.
pub(super) fn regions(_: &Call<'_>, _: &mut State) -> Answer {
    let row = |region: &Region| {
        json!({
            "RegionId": region.id,
            "RegionEndpoint": format!("ecs.{}.aliyuncs.com", region.id),
            "LocalName": region.name,
            "Status": "available",
        })
    };
    Ok(json!({"Regions": {"Region": REGIONS.iter().map(row).collect::<Vec<_>>()}}))
}

pub(super) fn zones(call: &Call<'_>, _: &mut State) -> Answer {
    let region = region(call)?;
    let types: Vec<&str> = TYPES.iter().map(|kind| kind.id).collect();
    let row = |zone: &Zone| {
        json!({
            "ZoneId": zone.id,
            "LocalName": format!("{} Zone {}", region.name, zone.id[zone.id.len() - 1..].to_uppercase()),
            "ZoneType": "AvailabilityZone",
            "AvailableInstanceTypes": {"InstanceTypes": types},
            "AvailableDiskCategories": {"DiskCategories": ["cloud_ssd", "cloud_efficiency"]},
            "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]},
        })
    };
    Ok(json!({"Zones": {"Zone": region.zones.iter().map(row).collect::<Vec<_>>()}}))
}

/// The types; no field tells of chips.
pub(super) fn types(call: &Call<'_>, _: &mut State) -> Answer {
    let (wanted, family, category) =
        (call.list("InstanceTypes"), call.get("InstanceTypeFamily"), call.get("InstanceCategory"));
    let fit = |kind: &&InstanceType| {
        (wanted.is_empty() || wanted.contains(&kind.id))
            && family.is_none_or(|family| family == kind.family_name())
            && category.is_none_or(|category| category == category_of(kind))
    };
    let row = |kind: &InstanceType| {
        json!({
            "InstanceTypeId": kind.id,
            "InstanceTypeFamily": kind.family_name(),
            "InstanceCategory": category_of(kind),
            "CpuCoreCount": kind.vcpus,
            "MemorySize": f64::from(kind.gibibytes),
            "GPUAmount": 0,
            "GPUSpec": "",
            "LocalStorageCategory": "",
        })
    };
    let rows = numbered(TYPES.iter().filter(fit).map(row));
    listed(call, Limits { least: 1, most: 100 }, rows, ("InstanceTypes", "InstanceType"))
}

fn category_of(kind: &InstanceType) -> &'static str {
    if kind.has_chips() { "Compute-optimized with FPGA" } else { "General-purpose" }
}

/// The account's image comes from others, as the images for chips do.
pub(super) fn images(call: &Call<'_>, _: &mut State) -> Answer {
    let region = region(call)?;
    let alias = call.get("ImageOwnerAlias");
    let kind =
        call.get("InstanceType").map(|id| catalogue::instance_type(id).ok_or(refusals::TYPE_NOT_SUPPORTED));
    let kind = kind.transpose()?;
    let ids: Vec<&str> = call.get("ImageId").map(|text| text.split(',').collect()).unwrap_or_default();
    let own = (region.image, "faascmd-sandbox-fpga", "others", "CentOS  7.4 64 bit", IMAGE_GIB);
    let public = (PUBLIC_IMAGE, PUBLIC_IMAGE, "system", "CentOS  7.9 64 bit", 20);
    let fit = |image: &&(&str, &str, &str, &str, i64)| {
        alias.is_none_or(|alias| alias == image.2)
            && (ids.is_empty() || ids.contains(&image.0))
            && call.get("ImageName").is_none_or(|name| crate::sandbox::rpc::pattern::matches(name, image.1))
            && !(kind.is_some_and(InstanceType::has_chips) && image.0 == PUBLIC_IMAGE)
            && call.get("Status").is_none_or(|status| status.split(',').any(|one| one == "Available"))
    };
    let row = |(id, name, alias, os, size): &(&str, &str, &str, &str, i64)| {
        json!({
            "ImageId": id,
            "ImageName": name,
            "ImageOwnerAlias": alias,
            "ImageOwnerId": ACCOUNT.parse::<i64>().unwrap_or_default(),
            "Description": "",
            "Size": size,
            "Status": "Available",
            "Architecture": "x86_64",
            "OSName": os,
            "OSNameEn": os,
            "OSType": "linux",
            "Platform": "CentOS",
            "CreationTime": "2024-06-28T03:25:51Z",
            "IsSupportCloudinit": true,
            "IsSupportIoOptimized": true,
            "Features": {"ImdsSupport": "v1", "NvmeSupport": "unsupported"},
            "Tags": {"Tag": []},
            "DiskDeviceMappings": {"DiskDeviceMapping": []},
        })
    };
    let rows = numbered([own, public].iter().filter(fit).map(row));
    let mut answer = listed(call, Limits { least: 1, most: 100 }, rows, ("Images", "Image"))?;
    answer["RegionId"] = json!(region.id);
    Ok(answer)
}

pub(super) fn vswitches(call: &Call<'_>, state: &mut State) -> Answer {
    let region = region(call)?;
    let is = |name: &str, value: &str| call.get(name).is_none_or(|wanted| wanted == value);
    let fit =
        |zone: &&Zone| is("VSwitchId", zone.vswitch) && is("ZoneId", zone.id) && is("VpcId", region.vpc);
    let row = |zone: &Zone| {
        let used = state.ecs.instances.iter().filter(|instance| instance.wanted.zone.id == zone.id).count();
        json!({
            "VSwitchId": zone.vswitch,
            "VSwitchName": zone.vswitch,
            "VpcId": region.vpc,
            "ZoneId": zone.id,
            "CidrBlock": format!("192.168.{}.0/20", zone.subnet),
            "AvailableIpAddressCount": 4092_usize.saturating_sub(used),
            "Status": "Available",
            "IsDefault": false,
            "CreationTime": "2024-06-28T03:25:51Z",
            "Description": "",
        })
    };
    let rows = numbered(region.zones.iter().filter(fit).map(row));
    listed(call, Limits { least: 1, most: 50 }, rows, ("VSwitches", "VSwitch"))
}

pub(super) fn security_groups(call: &Call<'_>, _: &mut State) -> Answer {
    let region = region(call)?;
    let ids: Option<Vec<String>> =
        call.get("SecurityGroupIds").and_then(|text| serde_json::from_str(text).ok());
    let fits = call.get("VpcId").is_none_or(|vpc| vpc == region.vpc)
        && call.get("SecurityGroupId").is_none_or(|id| id == region.security_group)
        && ids.is_none_or(|ids| ids.iter().any(|id| id == region.security_group))
        && call.get("SecurityGroupType") != Some("enterprise")
        && call.get("Tag.1.Key").is_none();
    let row = json!({
        "SecurityGroupId": region.security_group,
        "SecurityGroupName": "faascmd-sandbox",
        "Description": "",
        "VpcId": region.vpc,
        "SecurityGroupType": "normal",
        "AvailableInstanceAmount": 2000,
        "EcsCount": 0,
        "ServiceManaged": false,
        "CreationTime": "2024-06-28T03:25:51Z",
        "ResourceGroupId": "",
        "Tags": {"Tag": []},
    });
    let rows = numbered(fits.then_some(row).into_iter());
    let mut answer = listed(call, Limits { least: 1, most: 100 }, rows, ("SecurityGroups", "SecurityGroup"))?;
    answer["RegionId"] = json!(region.id);
    Ok(answer)
}

pub(super) fn key_pairs(call: &Call<'_>, _: &mut State) -> Answer {
    region(call)?;
    let pattern = call.get("KeyPairName").unwrap_or("*");
    let fits = crate::sandbox::rpc::pattern::matches(pattern, KEY_PAIR);
    let row = json!({
        "KeyPairName": KEY_PAIR,
        "KeyPairFingerPrint": "89f0ba62ac70afe8b4a6a0e1d0c2f2a1",
        "CreationTime": "2024-06-28T03:25:51Z",
        "ResourceGroupId": "",
        "Tags": {"Tag": []},
    });
    listed(
        call,
        Limits { least: 1, most: 50 },
        numbered(fits.then_some(row).into_iter()),
        ("KeyPairs", "KeyPair"),
    )
}
