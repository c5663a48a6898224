//! A call of an RPC service: FaaS, RAM, STS, ECS.

use bytes::Bytes;
use serde_json::Value;

use super::clock::http_date;
use super::{Cloud, Diagnosis, Endpoint, Error, ErrorKind, Result, Retry, Service, ServiceError};
use crate::net::{Body, NetError, Request, Response};
use crate::sign::{Credential, Pairs, encode, rpc_v1};

/// The message of `SignatureDoesNotMatch` ends with this and the server's string to sign, which is taken out of the
/// message: it holds the key's id and the token.
const SERVERS_STRING: &str = "server string to sign is:";
/// The longest answer that is read.
const LONGEST: usize = 8 << 20;
/// The longest error that is read.
const LONGEST_ERROR: usize = 64 << 10;

/// A call, before it is signed.
#[derive(Clone, Debug)]
pub struct RpcCall {
    /// The service.
    pub service: Service,
    /// Its API version, such as `2017-08-24`.
    pub version: &'static str,
    /// `DescribeFpgaImages`.
    pub action: &'static str,
    /// The action's own parameters, sent in the URL.
    pub query: Pairs,
    /// Long or secret ones, sent in a form body; signed like the others.
    pub form: Pairs,
    /// Whether it carries a credential; `AssumeRoleWithOIDC` carries none.
    pub signed: bool,
    /// Whether and how often it is repeated.
    pub retry: Retry,
}

impl RpcCall {
    /// A signed call that may be repeated.
    pub fn new(service: Service, version: &'static str, action: &'static str) -> Self {
        let (query, form) = (Pairs::new(), Pairs::new());
        Self { service, version, action, query, form, signed: true, retry: Retry::IDEMPOTENT }
    }

    /// Adds a parameter to the URL.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a parameter if there is a value for it.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a list: `InstanceId.1`, `InstanceId.2`…
    #[must_use]
    pub fn with_list<T: AsRef<str>>(self, name: &str, values: &[T]) -> Self {
        let numbered = values.iter().zip(1..);
        numbered.fold(self, |call, (value, number)| call.with(&format!("{name}.{number}"), value.as_ref()))
    }

    /// Adds tags: `Tag.1.Key`, `Tag.1.Value`…
    #[must_use]
    pub fn with_tags(self, name: &str, tags: &[(String, String)]) -> Self {
        tags.iter().zip(1..).fold(self, |call, ((key, value), number)| {
            call.with(&format!("{name}.{number}.Key"), key).with(&format!("{name}.{number}.Value"), value)
        })
    }

    /// Adds a parameter to the form body.
    #[must_use]
    pub fn with_form(mut self, name: &str, value: impl Into<String>) -> Self {
        self.form.push((name.to_owned(), value.into()));
        self
    }

    fn error(&self, kind: impl Into<ErrorKind>) -> Error {
        Error::new(self.service, self.action, kind)
    }

    /// Sets how it is repeated.
    #[must_use]
    pub fn retried(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

/// A service's answer as it came.
#[derive(Clone, Debug)]
pub struct RpcAnswer {
    /// The JSON text, unchanged.
    pub text: String,
    /// The same, parsed; the order of its fields is kept.
    pub raw: Value,
    /// The call's id for the service's support.
    pub request_id: String,
}

impl Cloud {
    /// Calls an RPC service, repeating the call as it allows.
    ///
    /// # Errors
    /// When no answer came, the service refused, or there is no credential.
    pub async fn rpc(&self, call: &RpcCall) -> Result<RpcAnswer> {
        self.with_retries(call.retry, || self.rpc_once(call)).await
    }

    async fn rpc_once(&self, call: &RpcCall) -> Result<RpcAnswer> {
        let endpoint = self.locate(call.service).map_err(|e| call.error(e))?;
        let credential = match call.signed {
            true => Some(self.credential().await.map_err(|e| call.error(e))?),
            false => None,
        };
        let signed = self.sign(call, credential.as_ref());
        tracing::debug!("{} {} → {endpoint}", call.service, call.action);
        let started = std::time::Instant::now();
        let lost = |error: NetError| call.error(error);
        let answer = self.http().send(signed.request(&endpoint, call)).await.map_err(lost)?;
        let (status, date) = (answer.status, answer.header("date").and_then(http_date));
        let retry_after = answer.header("x-acs-retry-after").and_then(|v| v.parse().ok());
        let text = body_text(answer).await.map_err(lost)?;
        let mut outcome = parse(call, status, text).map_err(|mut kind| {
            if let ErrorKind::Service(e) = &mut kind {
                e.retry_after = retry_after.map(std::time::Duration::from_secs);
                e.server_time = date.filter(|_| e.is_about_the_clock());
                e.diagnosis = diagnose(e, &signed.string_to_sign);
                e.message.truncate(e.message.find(SERVERS_STRING).unwrap_or(e.message.len()));
                e.message.truncate(e.message.trim_end().len());
                e.shorten();
            }
            call.error(kind)
        });
        let took = started.elapsed().as_secs_f64();
        match (&mut outcome, &credential) {
            (Ok(a), _) => tracing::info!(
                "{} {}: done in {took:.2} s, request id {}",
                call.service,
                call.action,
                a.request_id
            ),
            (Err(e), credential) => {
                tracing::info!("{e} ({took:.2} s)");
                credential.iter().for_each(|credential| self.learn_from(e, credential));
            }
        }
        outcome
    }

    fn sign(&self, call: &RpcCall, credential: Option<&Credential>) -> SignedRpc {
        let nonce = uuid::Uuid::new_v4().to_string();
        let common = rpc_v1::Call {
            action: call.action,
            version: call.version,
            region: self.region(),
            time: self.clock.now(),
            nonce: &nonce,
        };
        let Some(credential) = credential else {
            let mut url_parameters = call.query.clone();
            url_parameters.extend([
                ("Action".into(), call.action.into()),
                ("Version".into(), call.version.into()),
                ("Format".into(), "JSON".into()),
                ("Timestamp".into(), rpc_v1::timestamp(common.time)),
                ("SignatureNonce".into(), nonce),
            ]);
            return SignedRpc { url_parameters, string_to_sign: String::new() };
        };
        let mut url_parameters =
            [rpc_v1::common_parameters(&common, credential), call.query.clone()].concat();
        let all = [url_parameters.clone(), call.form.clone()].concat();
        let string_to_sign = rpc_v1::string_to_sign("POST", &all);
        let signature = rpc_v1::signature(credential.secret.expose(), &string_to_sign);
        url_parameters.push(("Signature".into(), signature));
        SignedRpc { url_parameters, string_to_sign }
    }
}

struct SignedRpc {
    url_parameters: Pairs,
    string_to_sign: String,
}

impl SignedRpc {
    fn request(&self, endpoint: &Endpoint, call: &RpcCall) -> Request {
        let url = format!("{endpoint}/?{}", encode::query(&self.url_parameters));
        let mut headers: Pairs = vec![("accept".into(), "application/json".into())];
        let mut body = Body::Empty;
        if !call.form.is_empty() {
            headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
            body = Body::Whole(Bytes::from(encode::query(&call.form)));
        }
        Request {
            method: "POST",
            url,
            headers,
            body,
            timeout: None,
            direct: false,
            secret: call.service == Service::Sts,
        }
    }
}

async fn body_text(answer: Response) -> Result<String, NetError> {
    // Of a page that is none of the service's, the beginning says enough.
    let bytes = if (200..300).contains(&answer.status) {
        answer.whole(LONGEST).await?
    } else {
        answer.bytes(LONGEST_ERROR).await?
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(call: &RpcCall, http_status: u16, text: String) -> Result<RpcAnswer, ErrorKind> {
    let not_an_answer = |reason: String| ErrorKind::NotAnAnswer {
        http_status,
        reason,
        // An answer of STS may hold a key.
        head: if could_hold_a_secret(call, &text) { String::new() } else { cut(&text, 80) },
    };
    let raw: Value =
        serde_json::from_str(&text).map_err(|e| not_an_answer(format!("not whole JSON ({e})")))?;
    let field = |name: &str| raw[name].as_str().unwrap_or_default().to_owned();
    let request_id = field("RequestId");
    let code = field("Code");
    // Some gateways send an error with the status of a success.
    let is_error =
        !code.is_empty() && raw["Message"].is_string() && !matches!(code.as_str(), "200" | "OK" | "Success");
    if (200..300).contains(&http_status) && raw.is_object() && !is_error {
        return Ok(RpcAnswer { request_id, raw, text });
    }
    if code.is_empty() {
        return Err(not_an_answer("it has no code".into()));
    }
    Err(ErrorKind::Service(Box::new(ServiceError {
        http_status,
        code,
        message: field("Message"),
        request_id,
        recommend: raw["Recommend"].as_str().filter(|r| !r.is_empty()).map(str::to_owned),
        ..ServiceError::default()
    })))
}

/// Compares the server's string to sign with ours.
fn diagnose(error: &ServiceError, ours: &str) -> Option<Diagnosis> {
    let (_, theirs) = error.message.split_once(SERVERS_STRING)?;
    matches!(error.code.as_str(), "SignatureDoesNotMatch" | "IncompleteSignature")
        .then(|| Diagnosis::compare(ours, theirs))
}

/// Whether a text that is not whole may hold credentials; the page of a proxy does not.
fn could_hold_a_secret(call: &RpcCall, text: &str) -> bool {
    call.service == Service::Sts
        && call.action.starts_with("AssumeRole")
        && !text.trim_start().starts_with('<')
}

/// The start of a text, at most so many characters.
pub(super) fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
