//! A service that says what a test tells it to, in order, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use faascmd::testing::sign::encode;
use serde_json::Value;

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Says {
    /// It answers with this status and body.
    Answer(u16, Value),
    /// It hangs up without an answer.
    Nothing,
}

/// The parameters of a request: those of the URL, and those of a form body.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub query: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
}

impl Asked {
    /// A parameter of the URL; empty when it is absent.
    pub fn of(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// The service; it ends with its script.
pub struct Scripted {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// Answers these, each on a connection of its own.
    pub fn start(script: Vec<Says>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        std::thread::spawn(move || {
            for says in script {
                let (stream, _) = listener.accept().unwrap();
                let asked = read(&mut BufReader::new(&stream));
                heard.lock().unwrap().push(asked);
                answer(stream, &says);
            }
        });
        Self { endpoint, asked }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &mut impl BufRead) -> Asked {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    Asked { query: parameters(query), form: parameters(&String::from_utf8(body).unwrap()) }
}

fn parameters(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| encode::decode(text).unwrap();
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn answer(mut stream: TcpStream, says: &Says) {
    let Says::Answer(status, body) = says else { return };
    let body = body.to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + &body).as_bytes()).unwrap();
}
