//! Requests by hand to a sandbox in this process: what no well-behaved client would send.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use faascmd::sandbox::{FaultPlan, Options, Sandbox};
use faascmd::sign::{Credential, OssRequest, Pairs, encode, oss_v1, oss_v4, rpc_v1};
use jiff::Timestamp;

/// The sandbox's own bucket.
pub const BUCKET: &str = "faascmd-sandbox";

/// A sandbox and whom it takes.
pub struct Cloud {
    pub sandbox: Sandbox,
    pub credential: Credential,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Pairs,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of an XML element.
    pub fn element(&self, name: &str) -> String {
        let text = self.text();
        let inner = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
        inner.map(|(value, _)| value.to_owned()).unwrap_or_default()
    }

    /// Status and error code, of XML or JSON.
    pub fn refusal(&self) -> (u16, String) {
        let json: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let code = json.and_then(|json| json["Code"].as_str().map(str::to_owned));
        (self.status, code.unwrap_or_else(|| self.element("Code")))
    }
}

/// A request that can still be altered, signature and all.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub method: String,
    pub bucket: String,
    pub key: String,
    pub query: Pairs,
    pub headers: Pairs,
    pub body: Vec<u8>,
}

pub fn pairs(of: &[(&str, &str)]) -> Pairs {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Sent {
    pub fn new(method: &str, key: &str) -> Self {
        Self { method: method.into(), bucket: BUCKET.into(), key: key.into(), ..Self::default() }
    }

    #[must_use]
    pub fn query(mut self, query: &[(&str, &str)]) -> Self {
        self.query.extend(pairs(query));
        self
    }

    #[must_use]
    pub fn headers(mut self, headers: &[(&str, &str)]) -> Self {
        self.headers.extend(pairs(headers));
        self
    }

    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// What a signer sees.
    pub fn signed(&self) -> OssRequest<'_> {
        OssRequest {
            method: &self.method,
            bucket: Some(self.bucket.as_str()).filter(|name| !name.is_empty()),
            key: Some(self.key.as_str()).filter(|key| !key.is_empty()),
            query: &self.query,
            headers: &self.headers,
        }
    }

    fn target(&self) -> String {
        let path = match (&*self.bucket, &*self.key) {
            ("", _) => "/".to_owned(),
            (bucket, key) => format!("/{bucket}/{}", encode::path(key)),
        };
        if self.query.is_empty() { path } else { format!("{path}?{}", encode::query(&self.query)) }
    }
}

/// How a request to OSS is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    V4Header,
    V4Url,
    V1Header,
    V1Url,
}

impl Cloud {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).unwrap();
        let environment = sandbox.environment();
        let value =
            |name| environment.iter().find(|(n, _)| *n == name).unwrap().1.to_str().unwrap().to_owned();
        let credential = Credential::long_lived(
            value("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            value("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        );
        Self { sandbox, credential }
    }

    pub fn with_faults(faults: &[&str], seed: u64) -> Self {
        let mut plan = FaultPlan::default();
        for fault in faults {
            plan.add(fault).unwrap();
        }
        Self::with(Options { faults: plan, fault_seed: Some(seed), ..Options::default() })
    }

    /// Signs as of now.
    pub fn sign(&self, request: &Sent, signer: Signer) -> Sent {
        self.sign_at(request, signer, Timestamp::now())
    }

    /// Signs as of another moment.
    pub fn sign_at(&self, request: &Sent, signer: Signer, time: Timestamp) -> Sent {
        let mut request = request.clone();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
        let (of, by) = (request.signed(), &self.credential);
        let add = match signer {
            Signer::V4Header => oss_v4::sign(&of, by, "cn-hangzhou", time).add,
            Signer::V4Url => oss_v4::presign(&of, by, "cn-hangzhou", time, 60).add,
            Signer::V1Header => oss_v1::sign(&of, by, &date).add,
            Signer::V1Url => oss_v1::presign(&of, by, time.as_second() + 60).add,
        };
        match signer {
            Signer::V4Header | Signer::V1Header => request.headers.extend(add),
            Signer::V4Url | Signer::V1Url => request.query.extend(add),
        }
        request
    }

    /// Signs (V4, by header) and sends.
    #[track_caller]
    pub fn oss(&self, request: &Sent) -> Answer {
        self.send(&self.sign(request, Signer::V4Header)).unwrap()
    }

    /// Sends as it is; fails when the connection ends without an answer.
    pub fn send(&self, request: &Sent) -> io::Result<Answer> {
        let length = request.body.len();
        self.send_head(&request.method, &request.target(), &request.headers, Some(length), &request.body)
    }

    /// Calls an RPC action with these parameters, signed.
    #[track_caller]
    pub fn rpc(&self, action: &str, version: &str, parameters: &[(&str, &str)]) -> Answer {
        self.send(&self.rpc_request(action, version, parameters)).unwrap()
    }

    /// An RPC request, signed, all parameters in the query.
    pub fn rpc_request(&self, action: &str, version: &str, parameters: &[(&str, &str)]) -> Sent {
        let nonce = uuid::Uuid::new_v4().to_string();
        let call = rpc_v1::Call {
            action,
            version,
            region: Some("cn-hangzhou"),
            time: Timestamp::now(),
            nonce: &nonce,
        };
        let mut query = rpc_v1::common_parameters(&call, &self.credential);
        query.extend(pairs(parameters));
        let text = rpc_v1::string_to_sign("POST", &query);
        query.push(("Signature".into(), rpc_v1::signature(self.credential.secret.expose(), &text)));
        Sent { method: "POST".into(), query, ..Sent::default() }
    }

    /// The lowest level: a head, a length or none, a body.
    pub fn send_head(
        &self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        length: Option<usize>,
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut stream = self.connect()?;
        stream.write_all(head(method, target, headers, length).as_bytes())?;
        // The sandbox may close before it has taken all; what it said first counts.
        let sent = stream.write_all(body);
        read_answer(&mut BufReader::new(stream), method).or_else(|error| sent.and(Err(error)))
    }

    /// Signs and sends many requests over one connection, one after the other.
    pub fn many(&self, requests: impl IntoIterator<Item = Sent>) -> Vec<Answer> {
        let mut stream = BufReader::new(self.connect().unwrap());
        let one_by_one = requests.into_iter().map(|request| {
            let request = self.sign(&request, Signer::V4Header);
            let length = Some(request.body.len());
            let mut bytes = head(&request.method, &request.target(), &request.headers, length).into_bytes();
            bytes.extend(&request.body);
            stream.get_mut().write_all(&bytes).unwrap();
            read_answer(&mut stream, &request.method).unwrap()
        });
        one_by_one.collect()
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.sandbox.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

fn head(method: &str, target: &str, headers: &[(String, String)], length: Option<usize>) -> String {
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str("host: 127.0.0.1\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    head + "\r\n"
}

fn read_answer(stream: &mut impl BufRead, method: &str) -> io::Result<Answer> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut headers = Pairs::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if method != "HEAD" {
        answer.body.resize(answer.header("content-length").parse().unwrap_or(0), 0);
        stream.read_exact(&mut answer.body)?;
    }
    Ok(answer)
}
