//! Nothing that is read or given chooses the host that a key, a signature or a file goes to.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};

use serde_json::{Value, json};

use crate::common::world::{Ran, World, ran};

const KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIx"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter2")];

/// A machine whose settings somebody else chose, and the host that they lead to.
struct Trap {
    world: World,
    host: TcpListener,
    variables: Vec<(&'static str, String)>,
}

impl Trap {
    fn new() -> Self {
        let host = TcpListener::bind("127.0.0.1:0").unwrap();
        host.set_nonblocking(true).unwrap();
        let world = World::new();
        world.file("f", "a file");
        Self { world, host, variables: KEY.map(|(name, value)| (name, value.to_owned())).into() }
    }

    fn address(&self) -> SocketAddr {
        self.host.local_addr().unwrap()
    }

    /// A region that begins a URL's user and ends its host.
    fn region(&self) -> String {
        format!("x@localhost:{}/", self.address().port())
    }

    fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.world.file(name, text);
        self
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.world.command("faascmd");
        ran(command.args(args).envs(self.variables.iter().map(|(name, value)| (name, value))))
    }

    /// The command ends so, names the source, and nobody came to the host.
    #[track_caller]
    fn refuses(&self, args: &[&str], code: i32, source: &str) {
        let ran = self.run(args).exits(code);
        assert!(ran.stderr.contains(source), "{source}:\n{}", ran.stderr);
        let came = self.host.accept().map(|(_, peer)| peer);
        assert_eq!(came.unwrap_err().kind(), ErrorKind::WouldBlock, "{args:?}");
    }
}

const PUT: [&str; 4] = ["object", "put", "f", "k"];

fn with<'a>(flags: &[&'a str], command: &[&'a str]) -> Vec<&'a str> {
    [flags, command].concat()
}

#[test]
fn a_region_is_refused_from_every_source() {
    let bucket = ["--bucket", "some-bucket"];
    let put = with(&bucket, &PUT);
    let region = Trap::new().region();
    for region in [region.as_str(), "x.evil.test/", "cn hangzhou", "cn-hangzhou.evil.test"] {
        let flag = with(&["--region", region], &put);
        Trap::new().refuses(&flag, 2, "--region");
        Trap::new().refuses(&with(&["--region", region], &["image", "ls"]), 2, "--region");
        Trap::new().refuses(&with(&["--region", region], &["config"]), 2, "--region");
        Trap::new().set("FAASCMD_REGION", region).refuses(&put, 2, "FAASCMD_REGION");
        Trap::new().set("ALIBABA_CLOUD_REGION_ID", region).refuses(&put, 3, "ALIBABA_CLOUD_REGION_ID");
        let file = format!("[faascmd]\nregion={region}\n");
        Trap::new().file(".faascredentials", file).refuses(&put, 3, ".faascredentials:2: ");
        let profile = json!({"current": "p", "profiles": [{"name": "p", "region_id": region}]});
        let trap = Trap::new().file(".aliyun/config.json", profile.to_string());
        trap.refuses(&put, 3, "profile `p` of ");
    }
}

#[test]
fn a_region_or_an_instance_of_the_metadata_is_refused() {
    for (item, code) in [("x@localhost:1/", 3), ("cn-hangzhou&a=b", 3)] {
        let metadata = format!("metadata=http://{}", answering(item.to_owned()));
        let trap = Trap::new();
        trap.refuses(
            &with(&["--bucket", "some-bucket", "--endpoint", &metadata], &PUT),
            code,
            "the metadata at http://",
        );
        let load = ["--region", "cn-hangzhou", "--endpoint", &metadata, "fpga", "ls"];
        trap.refuses(&load, code, "is not a valid instance id");
    }
}

#[test]
fn a_bucket_and_an_instance_are_refused_from_every_source() {
    let bucket = format!("localhost:{}", Trap::new().address().port());
    let put = with(&["--region", "cn-hangzhou"], &PUT);
    for bucket in [bucket.as_str(), "Upper", "a.b.c", "../x", "b?acl"] {
        Trap::new().refuses(&with(&["--bucket", bucket], &put), 2, "--bucket");
        Trap::new().set("FAASCMD_BUCKET", bucket).refuses(&put, 2, "FAASCMD_BUCKET");
        let file = format!("[OSS]\nbucket={bucket}\n");
        Trap::new().file(".faascredentials", file).refuses(&put, 3, ".faascredentials:2: ");
        Trap::new().refuses(&["config", "--bucket", bucket], 2, "--bucket");
    }
    let ls = ["--region", "cn-hangzhou", "fpga", "ls", "--instance-id", "i-1&Action=DeleteFpgaImage"];
    Trap::new().refuses(&ls, 2, "--instance-id");
    Trap::new().set("FAASCMD_INSTANCE_ID", "localhost").refuses(&ls[..4], 2, "FAASCMD_INSTANCE_ID");
}

#[test]
fn a_bucket_before_an_address_is_refused() {
    let trap = Trap::new();
    let oss = format!("oss=http://{}", trap.address());
    let flags = ["--region", "cn-hangzhou", "--bucket", "some-bucket", "--endpoint", &oss];
    trap.refuses(&with(&with(&flags, &["--oss-style", "virtual"]), &PUT), 3, "is an address");
}

#[test]
fn the_region_of_sts_is_refused() {
    let trap = Trap::new();
    let region = trap.region();
    let profile = |more: Value| {
        let mut profile = json!({"name": "p", "mode": "RamRoleArn", "access_key_id": "LTAIx",
            "access_key_secret": "hunter2", "ram_role_arn": "acs:ram::1:role/r"});
        profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"current": "p", "profiles": [profile]}).to_string()
    };
    let ls = ["--region", "cn-hangzhou", "--profile", "p", "image", "ls"];
    let trap = trap.file(".aliyun/config.json", profile(json!({"sts_region": region})));
    trap.refuses(&ls, 3, "is not a valid region");
    let trap = trap.file(".aliyun/config.json", profile(json!({})));
    let trap = trap.set("ALIBABA_CLOUD_STS_REGION", &region);
    trap.refuses(&ls, 3, "ALIBABA_CLOUD_STS_REGION");
    let host = format!("sts.aliyuncs.com@localhost:{}", trap.address().port());
    let trap = trap.file(".aliyun/config.json", profile(json!({"sts_endpoint": host})));
    trap.refuses(&ls, 3, "is not an endpoint");
}

/// A metadata service that answers everything with one text.
fn answering(text: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ";
            write!(stream, "{head}{}\r\n\r\n{text}", text.len()).ok();
        }
    });
    address
}
