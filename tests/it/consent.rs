//! What takes away for good, or changes rights, is agreed to first; what somebody else did meanwhile is not overwritten.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use serde_json::json;

use crate::common::cloud::Cloud;
use crate::common::raw;
use crate::common::terminal::Terminal;

const OLD: &str = "91598d20-b802-11e7-879a-8db2aa11bb22";

#[test]
fn an_image_is_removed_when_that_is_agreed_and_all_are_there() {
    let cloud = Cloud::new();
    let is_there = || cloud.faascmd(&["image", "show", OLD]).code == 0;
    let said = cloud.faascmd(&["image", "rm", OLD]).exits(2).stderr;
    assert!(said.contains("--yes") && said.contains(OLD) && is_there(), "{said}");
    cloud.faascmd(&["image", "rm", OLD, "nope", "--yes"]).exits(5);
    assert!(is_there());
    let mut command = cloud.program("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_faascmd"), "image", "rm", OLD]);
    let mut terminal = Terminal::start(command);
    terminal.shows("[y/N] ");
    terminal.type_line("n");
    assert_eq!(terminal.end().1, 1);
    assert!(is_there());
    cloud.faascmd(&["image", "rm", OLD, "--yes"]).exits(0);
    assert!(!is_there());
}

#[test]
fn several_objects_are_removed_when_that_is_agreed() {
    let cloud = Cloud::new();
    cloud.world.file("a", "1");
    cloud.faascmd(&["object", "put", "a", "a"]).exits(0);
    cloud.faascmd(&["object", "put", "a", "b"]).exits(0);
    let said = cloud.faascmd(&["object", "rm", "a", "b"]).exits(2).stderr;
    assert!(said.contains("Delete 2 objects (a, b)?"), "{said}");
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout.lines().count(), 2);
    cloud.faascmd(&["object", "rm", "a", "b", "--yes"]).exits(0);
    assert_eq!(cloud.faascmd(&["object", "ls"]).exits(0).stdout, "");
}

#[test]
fn the_old_tool_s_commands_go_on_off_a_terminal_and_say_so() {
    let cloud = Cloud::new();
    let said = cloud.faascmd(&["delete_image", &format!("--imageuuid={OLD}")]).exits(0).stderr;
    assert!(said.contains(&format!("Delete image {OLD}? Yes: nobody is there to ask")), "{said}");
    let said = cloud.faascmd(&["delete_object", "--object=x"]).exits(0).stderr;
    assert!(said.contains("Delete oss://faascmd-sandbox/x? Yes"), "{said}");
}

#[test]
fn a_key_of_kms_is_one_key() {
    for key in ["*", "acs:kms:*:*:key/*", "a?", ""] {
        Cloud::new().faascmd(&["auth", "--kms-key", key]).exits(2);
    }
}

/// A RAM that stands before the sandbox's: it answers one action itself, or lets something happen before it.
struct Before {
    address: SocketAddr,
    actions: Receiver<String>,
}

impl Before {
    fn new(cloud: SocketAddr, refuses: &'static str, before: impl Fn(&str) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, actions) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = request(&mut stream);
                let action = request.split(['?', '&', ' ']).find_map(|word| word.strip_prefix("Action="));
                let action = action.unwrap_or_default().to_owned();
                before(&action);
                sender.send(action.clone()).ok();
                let answer = if action == refuses {
                    let body = json!({"Code": "NoPermission", "Message": "You are not authorized", "RequestId": "R"}).to_string();
                    format!(
                        "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    )
                    .into_bytes()
                } else {
                    let mut forward = TcpStream::connect(cloud).unwrap();
                    forward.write_all(request.as_bytes()).unwrap();
                    let mut answer = Vec::new();
                    forward.read_to_end(&mut answer).unwrap();
                    answer
                };
                stream.write_all(&answer).ok();
            }
        });
        Self { address, actions }
    }

    fn endpoint(&self) -> String {
        format!("ram=http://{}", self.address)
    }
}

/// A whole request, made to end its connection.
fn request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    format!("{head}connection: close\r\n\r\n{}", String::from_utf8(body).unwrap())
}

#[test]
fn who_may_not_delete_the_policy_changes_nothing() {
    let cloud = Cloud::new();
    cloud.faascmd(&["auth"]).exits(0);
    let ram = Before::new(cloud.address(), "DeletePolicy", |_| {});
    let args = [
        "delete_policy",
        "--endpoint",
        &ram.endpoint(),
        "--endpoint",
        &format!("http://{}", cloud.address()),
    ];
    cloud.faascmd(&args).exits(4);
    let actions: Vec<String> = ram.actions.try_iter().collect();
    assert!(actions.contains(&"DeletePolicy".to_owned()), "{actions:?}");
    assert!(
        !actions.iter().any(|action| action.starts_with("Detach") || action == "DeletePolicyVersion"),
        "{actions:?}"
    );
    cloud.faascmd(&["delete_policy"]).exits(0);
    cloud.faascmd(&["list_policy"]).exits(5);
}

const THEIRS: &str = r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#;
const REVOKED: &str =
    r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Deny","Principal":{"RAM":["*"]}}]}"#;

fn set_trust(cloud: &Cloud, trust: &str) {
    let given = [("RoleName", "AliyunFAASDefaultRole"), ("NewAssumeRolePolicyDocument", trust)];
    assert_eq!(cloud.ram("UpdateRole", &given).code(), "200");
}

fn trust(cloud: &Cloud) -> String {
    cloud.ram("GetRole", &[("RoleName", "AliyunFAASDefaultRole")]).json()["Role"]["AssumeRolePolicyDocument"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_trust_that_somebody_changed_meanwhile_is_not_overwritten() {
    let cloud = Cloud::new();
    set_trust(&cloud, THEIRS);
    let mut command = cloud.program("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_faascmd"), "auth"]);
    let mut terminal = Terminal::start(command);
    terminal.shows("Do this? [y/N] ");
    // While it asks, an account is revoked.
    set_trust(&cloud, REVOKED);
    terminal.type_line("y");
    let (shown, code) = terminal.end();
    assert_eq!(code, 6, "{shown}");
    assert!(
        shown.contains("the trust of role AliyunFAASDefaultRole was changed by somebody else"),
        "{shown}"
    );
    assert_eq!(trust(&cloud), REVOKED);
}

#[test]
fn a_condition_of_the_trust_is_not_left_out_silently() {
    let cloud = Cloud::new();
    let conditional = r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["faas.aliyuncs.com"]},"Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}]}"#;
    set_trust(&cloud, conditional);
    let said = cloud.faascmd(&["auth", "--dry-run"]).exits(0).stdout;
    assert!(said.contains("WITHOUT the condition under which it may now"), "{said}");
}

#[test]
fn names_from_outside_can_not_paint_above_a_question() {
    let cloud = Cloud::new();
    let key = "a\u{1b}[2Kb\u{202e}\u{200b}c";
    assert_eq!(cloud.oss(&raw::Sent::new("POST", key).query(&[("uploads", "")])).status, 200);
    let mut command = cloud.program("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_faascmd"), "object", "uploads", "abort", "--all"]);
    let mut terminal = Terminal::start(command);
    terminal.shows("[y/N] ");
    terminal.type_line("n");
    let (shown, _) = terminal.end();
    assert!(shown.contains(r"a\u{1b}[2Kb\u{202e}\u{200b}c"), "{shown}");
    assert!(
        !shown.contains("\u{1b}[2K") && !shown.contains('\u{202e}') && !shown.contains('\u{200b}'),
        "{shown:?}"
    );
    let json = cloud.faascmd(&["object", "uploads", "ls", "-o", "json"]).exits(0).stdout;
    assert!(!json.contains('\u{202e}') && json.contains(r"\u202e") && json.contains(r"\u200b"), "{json}");
}

#[test]
fn an_object_called_dash_is_a_file_and_no_stdout() {
    let cloud = Cloud::new();
    cloud.world.file("f", "text");
    cloud.faascmd(&["object", "put", "f", "a/-"]).exits(0);
    let got = cloud.faascmd(&["object", "get", "a/-"]).exits(0);
    assert!(!got.stdout.starts_with("text"), "{}", got.stdout);
    assert_eq!(std::fs::read_to_string(cloud.world.path().join("-")).unwrap(), "text");
    assert_eq!(cloud.faascmd(&["object", "get", "a/-", "-"]).exits(0).stdout, "text");
}
