//! An instance as `DescribeInstances` shows it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::instance::{Charge, Instance};
use super::{minutes, seconds};

/// All its fields.
pub(super) fn of(instance: &Instance, now: Timestamp) -> Value {
    let mut fields = own(instance);
    let wanted = &instance.wanted;
    merge(&mut fields, network(instance));
    merge(&mut fields, charge(instance));
    let locks = if instance.recycled.is_some() {
        vec![json!({"LockReason": "Recycling", "LockMsg": "The preemptible instance is to be released."})]
    } else {
        vec![]
    };
    let tags: Vec<Value> =
        wanted.tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect();
    let more = json!({
        "OperationLocks": {"LockReason": locks},
        "Tags": {"Tag": tags},
        "Recyclable": instance.recycled.is_some_and(|end| end > now),
    });
    merge(&mut fields, more);
    fields
}

fn merge(fields: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (fields, more) {
        fields.extend(more);
    }
}

fn own(instance: &Instance) -> Value {
    let wanted = &instance.wanted;
    json!({
        "InstanceId": instance.id,
        "InstanceName": wanted.name,
        "HostName": wanted.host_name,
        "Description": "",
        "Status": instance.status.name(),
        "StoppedMode": instance.stopped_mode.name(),
        "InstanceType": wanted.kind.id,
        "InstanceTypeFamily": wanted.kind.family_name(),
        "ImageId": wanted.image,
        "RegionId": wanted.region.id,
        "ZoneId": wanted.zone.id,
        "CreationTime": minutes(instance.created),
        "StartTime": instance.started.map_or_else(String::new, minutes),
        "Cpu": wanted.kind.vcpus,
        "CPU": wanted.kind.vcpus,
        "Memory": wanted.kind.gibibytes * 1024,
        "GPUAmount": 0,
        "GPUSpec": "",
        "OSType": "linux",
        "OSName": "CentOS  7.4 64 bit",
        "OSNameEn": "CentOS  7.4 64 bit",
        "KeyPairName": wanted.key_pair,
        "DeletionProtection": wanted.protected,
        "IoOptimized": true,
        "DeviceAvailable": true,
        "ResourceGroupId": "",
        "SerialNumber": format!("00000000-0000-4000-8000-{:012x}", instance.serial),
        "ClusterId": "",
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "optional", "HttpPutResponseHopLimit": 1},
    })
}

fn network(instance: &Instance) -> Value {
    let wanted = &instance.wanted;
    let public: Vec<&str> = instance.public_ip.as_deref().into_iter().collect();
    json!({
        "InstanceNetworkType": "vpc",
        "VlanId": "",
        "VpcAttributes": {
            "VpcId": wanted.region.vpc,
            "VSwitchId": wanted.zone.vswitch,
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [instance.private_ip]},
        },
        "InnerIpAddress": {"IpAddress": []},
        "PublicIpAddress": {"IpAddress": public},
        "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
        "SecurityGroupIds": {"SecurityGroupId": wanted.security_groups},
        "InternetMaxBandwidthIn": 200,
        "InternetMaxBandwidthOut": wanted.bandwidth,
        "InternetChargeType": "PayByTraffic",
    })
}

/// A pay-as-you-go instance seems to expire in 2099.
fn charge(instance: &Instance) -> Value {
    let (strategy, limit) = match &instance.wanted.charge {
        Charge::Spot { strategy, limit } => (strategy.as_str(), limit.unwrap_or(0.0)),
        Charge::PostPaid | Charge::PrePaid { .. } => ("NoSpot", 0.0),
    };
    let expires = match &instance.wanted.charge {
        Charge::PrePaid { expires, .. } => minutes(*expires),
        Charge::PostPaid | Charge::Spot { .. } => "2099-12-31T15:59Z".to_owned(),
    };
    json!({
        "InstanceChargeType": if instance.wanted.charge.is_prepaid() { "PrePaid" } else { "PostPaid" },
        "SpotStrategy": strategy,
        "SpotPriceLimit": limit,
        "SpotDuration": u8::from(strategy != "NoSpot"),
        "SpotInterruptionBehavior": if strategy == "NoSpot" { "" } else { "Terminate" },
        "ExpiredTime": expires,
        "AutoReleaseTime": instance.wanted.auto_release.map_or_else(String::new, |release| seconds(release.told)),
        "SaleCycle": "",
    })
}
