//! `faascmd doctor` in broken worlds: of each the cause is told, once, with a cure that cures.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::OnceLock;

use faascmd::testing::bitstream::sample;
use serde_json::{Value, json};

use crate::common::bar::pci_device;
use crate::common::cloud::Cloud;

/// A world in which one thing is broken, what is then told as failed or warned of, and what is to be done.
struct Broken {
    preparation: &'static str,
    given: &'static str,
    /// The check that tells it.
    cause: &'static str,
    detail: &'static str,
    cure: &'static str,
    /// What depends on it, and is told so.
    skipped: &'static [&'static str],
}

const fn broken(
    (preparation, given): (&'static str, &'static str),
    (cause, detail): (&'static str, &'static str),
    cure: &'static str,
    skipped: &'static [&'static str],
) -> Broken {
    Broken { preparation, given, cause, detail, cure, skipped }
}

const OF_KEY: &[&str] = &["bucket", "role", "policy", "images", "chips"];
const CALLS: &[&str] = &["caller", "bucket", "role", "policy", "images", "chips"];
const OTHER_WAYS: &[&str] = &[
    "endpoint faas",
    "endpoint ram",
    "endpoint sts",
    "caller",
    "bucket",
    "role",
    "policy",
    "images",
    "chips",
];

const OF_THE_CALLER: &[Broken] = &[
    broken(
        ("export ALIBABA_CLOUD_ACCESS_KEY_SECRET=x", ""),
        ("caller", "SignatureDoesNotMatch"),
        "faascmd config",
        OF_KEY,
    ),
    broken(
        ("export ALIBABA_CLOUD_ACCESS_KEY_ID=LTAInone", ""),
        ("caller", "InvalidAccessKeyId"),
        "faascmd config",
        OF_KEY,
    ),
    broken(
        ("export ALIBABA_CLOUD_SECURITY_TOKEN=x", ""),
        ("caller", "InvalidSecurityToken"),
        "whole token",
        OF_KEY,
    ),
    broken(("", "--profile nope"), ("credentials", "none found"), "aliyun configure --profile nope", CALLS),
    broken(
        ("export ALIBABA_CLOUD_ACCESS_KEY_SECRET=", ""),
        ("credentials", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        "correct it or remove it",
        CALLS,
    ),
    broken(
        ("no_key", "--endpoint metadata=http://127.0.0.1:9,$FAASCMD_ENDPOINT"),
        ("credentials", "none found"),
        "faascmd config",
        CALLS,
    ),
    broken(
        ("no_key; mkdir .aliyun; echo { > .aliyun/config.json", ""),
        ("credentials", ".aliyun/config.json:1: this is not JSON"),
        "correct it or remove it",
        CALLS,
    ),
    broken(
        (
            "no_key; mkdir .aliyun; echo '{\"current\":\"p\",\"profiles\":[{\"name\":\"p\",\"mode\":\"External\",\
             \"process_command\":\"false\"}]}' > .aliyun/config.json; chmod 600 .aliyun/config.json",
            "",
        ),
        ("credentials", "`false` failed: exit status: 1"),
        "correct it or remove it",
        CALLS,
    ),
    broken(
        ("no_key; export ALIBABA_CLOUD_CREDENTIALS_URI=http://127.0.0.1:9/key", ""),
        ("credentials", "http://127.0.0.1:9/key: can't connect"),
        "correct it or remove it",
        CALLS,
    ),
    broken(
        ("printf '[OSS]\\nbucket\\n' > $FAASCMD_CREDENTIALS_FILE; unset FAASCMD_BUCKET", ""),
        ("settings", "credentials:2: "),
        "mend that line",
        &[],
    ),
    broken(
        ("printf '[OSS]\\nbucket=Bad_Name\\n' > $FAASCMD_CREDENTIALS_FILE; unset FAASCMD_BUCKET", ""),
        ("settings", "\"Bad_Name\" is not a valid bucket"),
        "correct it there",
        &[],
    ),
];

const OF_THE_ACCOUNT: &[Broken] = &[
    broken(
        (
            "export ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tFaascmdSandboxRoot
             export ALIBABA_CLOUD_ACCESS_KEY_SECRET=SandboxRootSecret0123456789abc",
            "",
        ),
        ("caller", "the root key"),
        "make a RAM user",
        &[],
    ),
    broken(("no_key", ""), ("caller", "a temporary key"), "a RAM user's AccessKey", &[]),
    broken(
        ("", "--bucket faascmd-foreign"),
        ("bucket", "does not belong to you"),
        "faascmd auth --bucket",
        &[],
    ),
    broken(("", "--bucket faascmd-beijing"), ("bucket", "another region"), "--region cn-beijing", &[]),
    broken(("", "--bucket no-such-bucket-here"), ("bucket", "NoSuchBucket"), "--bucket", &[]),
    broken(
        ("unset FAASCMD_BUCKET", ""),
        ("bucket", "no bucket is set"),
        "faascmd auth --bucket",
        &["policy"],
    ),
    broken(("", "--instance-id i-bp1mistyped"), ("chips", "NOT AUTHORIZED"), "check --instance-id", &[]),
    broken(
        ("", "--region cn-beijing"),
        ("bucket", "region"),
        "Give the bucket's own region with --region",
        &[],
    ),
    broken(
        (
            "unset FAASCMD_REGION FAASCMD_INSTANCE_ID",
            "--endpoint metadata=http://127.0.0.1:9,$FAASCMD_ENDPOINT",
        ),
        ("region", "no region is set"),
        "FAASCMD_REGION",
        &["metadata", "chips"],
    ),
    broken(
        ("", "--role-arn acs:ram::1:role/AliyunFAASDefaultRole"),
        ("role", "another account"),
        "remove it",
        &[],
    ),
];

const OF_THE_WAY: &[Broken] = &[
    broken(("", "--region cn-hangzo"), ("region", "not a region"), "--region cn-hangzhou", &[]),
    broken(
        ("", "--endpoint faas=http://127.0.0.1:9,$FAASCMD_ENDPOINT"),
        ("endpoint faas", "refused"),
        "--endpoint",
        &["images", "chips"],
    ),
    broken(
        ("", "--endpoint oss=http://127.0.0.1:9,$FAASCMD_ENDPOINT"),
        ("endpoint oss", "refused"),
        "--endpoint",
        &["bucket"],
    ),
    broken(
        ("", "--endpoint ram=http://127.0.0.1:9,$FAASCMD_ENDPOINT"),
        ("endpoint ram", "refused"),
        "--endpoint",
        &["role", "policy"],
    ),
    broken(("", "--endpoint http://127.0.0.1:9"), ("endpoint oss", "refused"), "the network", OTHER_WAYS),
    broken(
        (
            "unset FAASCMD_ENDPOINT; export https_proxy=http://127.0.0.1:9",
            "--endpoint metadata=http://127.0.0.1:9",
        ),
        ("endpoint oss", "by the proxy http://127.0.0.1:9"),
        "HTTPS_PROXY",
        OTHER_WAYS,
    ),
    broken(
        (
            "export http_proxy=$LOGIN_PAGE",
            "--insecure-http --endpoint oss=http://oss.example.invalid,$FAASCMD_ENDPOINT",
        ),
        ("endpoint oss", "answers HTML"),
        "a proxy (HTTPS_PROXY, NO_PROXY)",
        &["bucket"],
    ),
    broken(
        ("", "--endpoint faas=$LOGIN_PAGE,$FAASCMD_ENDPOINT"),
        ("endpoint faas", "answers HTML"),
        "a wrong --endpoint",
        &["images", "chips"],
    ),
    broken(
        ("", "--endpoint oss=https${LOGIN_PAGE#http},$FAASCMD_ENDPOINT"),
        ("endpoint oss", "can't connect"),
        "it does not speak TLS",
        &["bucket"],
    ),
];

const OF_THE_MACHINE: &[Broken] = &[
    broken(("unset HOME", ""), ("state", "there is no HOME"), "set HOME", &[]),
    broken(
        (": > file; export XDG_STATE_HOME=$PWD/file", ""),
        ("state", "file/faascmd can't be written: Not a directory"),
        "XDG_STATE_HOME",
        &[],
    ),
    // A limit of the file's size stands for the full disk: the write fails in the same place.
    broken(
        ("trap '' XFSZ; ulimit -f 0", ""),
        ("state", "can't be written: File too large"),
        "df -h",
        &[],
    ),
    broken(("", "--device /dev/nonexistent"), ("device", "does not exist"), "--device", &[]),
    broken(("echo > plain", "--device plain"), ("device", "ordinary file"), "file:", &[]),
    broken(("", "--device 0000:99:00.0"), ("device", "no PCI device"), "lspci", &[]),
    broken(("", "--device /dev"), ("device", "directory"), "--device", &[]),
    broken(("", "--device file:nope"), ("device", "nope"), "--device", &[]),
    broken((": > empty", "--device file:empty"), ("device", "is empty"), "--device", &[]),
    broken(("", "--device /dev/null"), ("device", "has no memory to map"), "--device", &[]),
    broken(("", "--device xdma0_user"), ("device", "the xdma driver is not loaded"), "modprobe xdma", &[]),
    broken(
        ("mkdir -p sys/bus/pci/drivers/xdma", "--device xdma0_user"),
        ("device", "bound to no device"),
        "faascmd fpga status",
        &[],
    ),
    broken(("", "--device 05:00.0"), ("device", "the xdma driver is not loaded"), "modprobe xdma", &[]),
    broken(
        ("head -c 64 /dev/zero > sys/bus/pci/devices/0000:05:00.0/config", "--device 05:00.0/2"),
        ("device", "is not enabled"),
        "/0000:05:00.0/enable",
        &[],
    ),
    broken(
        (
            "head -c 64 /dev/zero | tr '\\0' '\\377' > sys/bus/pci/devices/0000:05:00.0/config",
            "--device 05:00.0/2",
        ),
        ("device", "the link is dead"),
        "load the image again",
        &[],
    ),
    broken(("", "--device 05:00.0/2"), ("device", "slower or narrower"), "load the image again", &[]),
    broken(
        (
            "mkfifo hold; flock $FAASCMD_DEVICE sh -c ': > locked; read end < hold' > out 2>&1 & trap 'echo > hold' EXIT
             until [ -e locked ]; do :; done",
            "",
        ),
        ("device", "locked by process"),
        "ps -fp",
        &[],
    ),
];

/// Clouds in which something is broken.
const CLOUDS: &[(&[&str], Broken)] = &[
    (
        &["--without-role"],
        broken(
            ("", ""),
            ("role", "there is no role"),
            "faascmd auth --bucket faascmd-sandbox",
            &["policy", "chips"],
        ),
    ),
    (
        &["--without-role"],
        broken(
            ("faascmd auth --yes -q > out; faascmd delete_policy > out 2>&1", ""),
            ("policy", "do not allow: oss:GetObject"),
            "faascmd auth --bucket faascmd-sandbox",
            &[],
        ),
    ),
    (&["--clock-offset", "3600"], broken(("", ""), ("clock", "behind"), "chronyc", &[])),
    (&["--clock-offset", "-3600"], broken(("", ""), ("clock", "ahead of"), "chronyc", &[])),
    (
        &["--fault", "expired-token=0"],
        broken(("no_key", ""), ("caller", "Expired"), "the instance role", OF_KEY),
    ),
    (
        &["--fault", "load-fails", "--speed", "20"],
        broken(
            ("faascmd fpga load 91598d20-b802-11e7-879a-8db2aa11bb22 --fpga 1 > out 2>&1 || true", ""),
            ("chip 1", "the load failed"),
            "faascmd fpga load 91598d20",
            &[],
        ),
    ),
    (
        // A load takes two minutes.
        &["--speed", "0.0166", "--build-time", "20ms"],
        broken(
            (
                "faascmd deploy ../bit.tar.gz --no-load -q > out
                 faascmd fpga load $(faascmd image ls | grep -v dma_afu | cut -f 1) --no-wait > out 2>&1",
                "",
            ),
            ("chip 0", "it is being loaded"),
            "faascmd fpga wait --fpga 0x6c92bf4786940500",
            &[],
        ),
    ),
];

/// A right that is taken away, the check that tells it, and what it names.
const RIGHTS: &[(&str, &str, &str)] = &[
    ("oss:GetBucketInfo", "bucket", "AliyunOSSReadOnlyAccess"),
    ("ram:GetRole", "role", "AliyunRAMReadOnlyAccess"),
    ("ram:ListPoliciesForRole", "policy", "AliyunRAMReadOnlyAccess"),
    ("faas:DescribeFpgaImages", "images", "docs/permissions.md"),
    ("faas:DescribeFpgaInstances", "chips", "docs/permissions.md"),
];

/// The named check of a diagnosis.
fn check<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    let items = diagnosis["items"].as_array().unwrap();
    items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no `{name}` in {diagnosis:#}"))
}

/// A server that answers everything with a page, as those do that want a login first.
fn login_page() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if stream.read(&mut [0; 4096]).unwrap_or(0) == 0 {
                    continue;
                }
                let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 7\r\nconnection: close\r\n\r\n<login>";
                stream.write_all(page.as_bytes()).ok();
            }
        });
        url
    })
}

/// Has the doctor look at a world of its own in a cloud: its folder is HOME, and a card stands in its sysfs.
fn hold(cloud: &Cloud, number: usize, world: &Broken) {
    let folder = format!("w{number}");
    pci_device(&cloud.world.path().join(&folder).join("sys"), "0000:05:00.0");
    let Broken { preparation, given, .. } = world;
    let script = format!(
        "cd {folder}; export HOME=$PWD FAASCMD_CREDENTIALS_FILE=$PWD/credentials FAASCMD_SYSFS_ROOT=$PWD/sys
         LOGIN_PAGE={}
         no_key() {{ unset ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET; }}
         {preparation}",
        login_page()
    );
    let diagnosis = cloud.diagnosis(&script, given);
    let told = check(&diagnosis, world.cause);
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    assert!(["fail", "warn"].contains(&text("state")), "{script}: {told:#}");
    assert!(text("detail").contains(world.detail), "{script}: {told:#}");
    assert!(text("next").contains(world.cure), "{script}: {told:#}");
    let items = diagnosis["items"].as_array().unwrap();
    let failed: Vec<_> = items.iter().filter(|item| item["state"] == "fail").collect();
    assert!(failed.iter().all(|item| item["name"] == world.cause), "{script}: one cause, and {failed:#?}");
    for name in world.skipped {
        let check = check(&diagnosis, name);
        assert_eq!(check["state"], "skipped", "{script}: {check:#}");
    }
}

fn hold_all(worlds: &[Broken]) {
    let cloud = Cloud::start(&[]);
    worlds.iter().enumerate().for_each(|(number, world)| hold(&cloud, number, world));
}

#[test]
fn what_is_wrong_with_the_caller_is_told_once_and_its_cure_cures() {
    hold_all(OF_THE_CALLER);
}

#[test]
fn what_is_wrong_with_the_account_is_told_once_and_its_cure_cures() {
    hold_all(OF_THE_ACCOUNT);
}

#[test]
fn what_is_wrong_on_the_way_is_told_once_and_its_cure_cures() {
    hold_all(OF_THE_WAY);
}

#[test]
fn what_is_wrong_with_the_machine_is_told_once_and_its_cure_cures() {
    hold_all(OF_THE_MACHINE);
}

#[test]
fn what_is_wrong_in_the_cloud_is_told_once_and_its_cure_cures() {
    for (flags, world) in CLOUDS {
        let cloud = Cloud::start(flags);
        cloud.world.file("bit.tar.gz", sample::package("xcvu9p-flgb2104-2-i"));
        hold(&cloud, 0, world);
    }
}

#[test]
fn of_each_right_that_lacks_it_is_told_what_lacks() {
    for (action, cause, cure) in RIGHTS {
        let allowed = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let denied = json!({"Effect": "Deny", "Action": action, "Resource": "*"});
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.json");
        std::fs::write(&policy, json!({"Version": "1", "Statement": [allowed, denied]}).to_string()).unwrap();
        let cloud = Cloud::start(&["--caller-policy", policy.to_str().unwrap()]);
        let name = action.split_once(':').unwrap().1;
        hold(&cloud, 0, &broken(("", ""), (cause, name), cure, &[]));
    }
}

#[test]
fn a_role_that_trusts_another_service_is_told() {
    let cloud = Cloud::start(&[]);
    let trust = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#;
    let given = [("RoleName", "AliyunFAASDefaultRole"), ("NewAssumeRolePolicyDocument", trust)];
    assert_eq!(cloud.ram("UpdateRole", &given).code(), "200");
    hold(&cloud, 0, &broken(("", ""), ("role", "does not trust faas.aliyuncs.com"), "faascmd auth", &[]));
}
