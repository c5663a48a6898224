//! What a server may make the program do has an end, and the end is said.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::world::{Ran, World, ran};

/// What a server answers: status, more headers, the body.
type Answer = (u16, String, Vec<u8>);

/// A service that answers as a test says, and keeps what it was asked and how much of its answers went out.
struct Service {
    world: World,
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicUsize>,
}

impl Service {
    /// The function is given the number of the request, from 0.
    fn new(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, sent) = <(Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>)>::default();
        let (heard, counted, answer) = (Arc::clone(&requests), Arc::clone(&sent), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, counted, answer) = (heard.clone(), counted.clone(), answer.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &heard, &counted, &*answer));
            }
        });
        Self { world: World::new(), address, requests, sent }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.world.command("faascmd");
        command.args(["--region", "cn-hangzhou", "--bucket", "some-bucket", "--endpoint"]);
        command.arg(format!("http://{}", self.address)).args(args);
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tSomebody");
        command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "some secret");
        command
    }

    fn faascmd(&self, args: &[&str]) -> Ran {
        ran(&mut self.command(args))
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    heard: &Mutex<Vec<String>>,
    sent: &AtomicUsize,
    answer: &dyn Fn(usize) -> Answer,
) {
    // Head and body are two writes: without it the second waits for the far side to confirm the first, which takes 40 ms.
    stream.set_nodelay(true).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    loop {
        let head: Vec<String> =
            lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        if head.is_empty() {
            return;
        }
        let number = {
            let mut heard = heard.lock().unwrap();
            heard.push(head.join("\n"));
            heard.len() - 1
        };
        let (status, headers, body) = answer(number);
        let head = format!(
            "HTTP/1.1 {status} .\r\nx-oss-request-id: R\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        for piece in body.chunks(64 << 10) {
            if stream.write_all(piece).is_err() {
                return;
            }
            sent.fetch_add(piece.len(), Ordering::Relaxed);
        }
    }
}

fn refusal(code: &str, more: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>no</Message><RequestId>R</RequestId>{more}</Error>").into()
}

/// A program that would go on for long; ended when this is dropped.
struct Waiting {
    child: Child,
    lines: Receiver<String>,
}

impl Waiting {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// The next line; it has to come within two minutes.
    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_mins(2)).expect("it says nothing")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn three_years_are_not_waited_and_that_is_said() {
    let oss = |_| (503, "x-oss-qos-delay-time: 100000000000\r\n".into(), refusal("ServiceUnavailable", ""));
    let waiting = Waiting::start(&mut Service::new(oss).command(&["object", "ls"]));
    assert!(waiting.line().contains("asks to wait 100000000 s; the next try is in 60 s"));
    let body = r#"{"Code": "ServiceUnavailable", "Message": "no", "RequestId": "R"}"#;
    let faas = move |_| (503, "x-acs-retry-after: 100000000\r\n".into(), body.into());
    let waiting = Waiting::start(&mut Service::new(faas).command(&["image", "ls"]));
    assert!(waiting.line().contains("asks to wait 100000000 s; the next try is in 60 s"));
}

#[test]
fn of_an_endless_error_page_the_beginning_is_read_and_shown() {
    let page = |_| (403, String::new(), b"<html>Blocked by the proxy. ".repeat(64 << 20 >> 5));
    let message = |_| {
        let text = "no ".repeat(20_000);
        (403, String::new(), refusal("AccessDenied", &format!("<EC>{text}</EC>")))
    };
    for args in [["object", "ls"], ["image", "ls"]] {
        let service = Service::new(page);
        let said = service.faascmd(&args).stderr;
        assert!(said.contains("<html>Blocked by the proxy") && said.len() < 2000, "{said}");
        let sent = service.sent.load(Ordering::Relaxed);
        // What the system's buffers take is sent too.
        assert!(sent < 32 << 20, "{sent} bytes went out");
    }
    let said = Service::new(message).faascmd(&["object", "ls"]).exits(4).stderr;
    assert!(said.contains("… (60000 bytes)") && said.len() < 4000, "{said}");
}

#[test]
fn a_time_years_away_is_not_signed_with() {
    let more = "<ServerTime>2036-01-01T00:00:00.000Z</ServerTime>";
    let service = Service::new(move |_| (403, String::new(), refusal("RequestTimeTooSkewed", more)));
    let said = service.faascmd(&["object", "ls"]).exits(4).stderr;
    assert!(said.contains("2036-01-01") && said.contains("is not believed"), "{said}");
    assert!(said.contains("sudo chronyc makestep"), "{said}");
    let signed_for = service.requests();
    assert!(!signed_for.is_empty() && signed_for.iter().all(|head| !head.contains("2036")), "{signed_for:?}");
}

#[test]
fn a_list_without_an_end_is_an_error() {
    let objects = |content: fn(usize) -> String| {
        Service::new(move |n| {
            let next = format!("<NextContinuationToken>token{n}</NextContinuationToken>");
            let list = format!("<R><IsTruncated>true</IsTruncated>{next}{}</R>", content(n));
            (200, String::new(), list.into())
        })
    };
    for content in [
        |_| "<Contents><Key>k</Key><Size>1</Size></Contents>".to_owned(),
        |n: usize| format!("<Contents><Key>k{}</Key><Size>1</Size></Contents>", n % 7),
        |_| String::new(),
    ] as [fn(usize) -> String; 3]
    {
        let service = objects(content);
        let ran = service.faascmd(&["object", "ls"]).exits(7);
        assert!(ran.stderr.contains("its pages have no end"), "{}", ran.stderr);
        assert!(service.requests().len() < 60, "{}", service.requests().len());
    }
}

#[test]
fn pending_uploads_without_an_end_are_an_error_and_none_is_aborted() {
    let uploads = |n: usize, marker: usize| {
        let next =
            format!("<NextKeyMarker>k{marker}</NextKeyMarker><NextUploadIdMarker>U</NextUploadIdMarker>");
        let upload = format!("<Upload><Key>k{n}</Key><UploadId>U</UploadId></Upload>");
        let list = format!("<R><IsTruncated>true</IsTruncated>{next}{upload}</R>");
        (200, String::new(), list.into_bytes())
    };
    let in_circles = Service::new(move |n| uploads(n, n % 5));
    let ran = in_circles.faascmd(&["object", "uploads", "abort", "--all", "--yes"]).exits(7);
    assert!(ran.stderr.contains("its pages have no end"), "{}", ran.stderr);
    let asked = in_circles.requests();
    assert!(asked.len() < 60 && asked.iter().all(|head| head.starts_with("GET ")), "{asked:?}");
    let always_on = Service::new(move |n| uploads(n, n));
    let ran = always_on.faascmd(&["object", "uploads", "ls"]).exits(7);
    assert!(ran.stderr.contains("1000 came"), "{}", ran.stderr);
}

#[test]
fn an_answer_over_the_longest_is_refused_and_not_kept() {
    let faas = Service::new(|_| {
        let filler = " ".repeat(64 << 20);
        (200, String::new(), format!(r#"{{"RequestId": "R", "FpgaImages": []{filler}}}"#).into())
    });
    let ran = faas.faascmd(&["image", "ls"]).exits(7);
    assert!(ran.stderr.contains("the answer is too long: it has more than 8388608 bytes"), "{}", ran.stderr);
    assert_eq!(faas.requests().len(), 1, "the same would come again");
    let oss = Service::new(|_| (200, String::new(), format!("<R>{}</R>", " ".repeat(65 << 20)).into()));
    let ran = oss.faascmd(&["object", "ls"]).exits(7);
    assert!(ran.stderr.contains("it has more than 67108864 bytes"), "{}", ran.stderr);
}
