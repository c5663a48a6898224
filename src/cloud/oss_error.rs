//! An OSS error: XML in the body, base64 XML in a header (HEAD), or JSON of some gateways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::rpc::cut;
use super::{Diagnosis, ErrorKind, ServiceError};

/// The parts of an error answer that the parser looks at.
#[derive(Debug)]
pub(super) struct Refusal<'a> {
    pub(super) http_status: u16,
    pub(super) request_id: Option<&'a str>,
    pub(super) ec: Option<&'a str>,
    /// The header `x-oss-err` of an answer to HEAD.
    pub(super) header: Option<&'a str>,
    pub(super) body: &'a [u8],
    /// What was signed: the string to sign and, for V4, the canonical request.
    pub(super) signed: [&'a str; 2],
}

impl Refusal<'_> {
    pub(super) fn parse(&self) -> ErrorKind {
        let from_header = self.header.and_then(|text| BASE64.decode(text).ok());
        let document = from_header.as_deref().unwrap_or(self.body);
        let fields = fields(document);
        let of = |names: &[&str]| {
            fields.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.clone())
        };
        let code =
            of(&["Code"]).filter(|code| !code.is_empty()).or_else(|| self.code_of_an_empty_answer(document));
        let Some(code) = code else { return self.not_an_answer(document) };
        let mut error = ServiceError {
            http_status: self.http_status,
            message: of(&["Message"])
                .unwrap_or_else(|| format!("HTTP {} without an explanation", self.http_status)),
            request_id: of(&["RequestId", "RequestID"])
                .or(self.request_id.map(str::to_owned))
                .unwrap_or_default(),
            ec: of(&["EC"]).or(self.ec.map(str::to_owned)),
            recommend: of(&["RecommendDoc"]),
            endpoint: of(&["Endpoint"]),
            server_time: of(&["ServerTime"]).and_then(|time| time.parse().ok()),
            code,
            ..ServiceError::default()
        };
        if error.code == "SignatureDoesNotMatch" {
            error.diagnosis = self.diagnose(of(&["CanonicalRequest"]), of(&["StringToSign"]));
        }
        error.shorten();
        ErrorKind::Service(Box::new(error))
    }

    /// The canonical request says more than the string to sign, which holds only its hash.
    fn diagnose(&self, canonical: Option<String>, string_to_sign: Option<String>) -> Option<Diagnosis> {
        let [ours, our_canonical] = self.signed;
        match canonical.filter(|_| !our_canonical.is_empty()) {
            Some(theirs) => Some(Diagnosis::compare(our_canonical, &theirs)),
            None => string_to_sign.map(|theirs| Diagnosis::compare(ours, &theirs)),
        }
    }

    /// A HEAD answer without `x-oss-err` has nothing but its status.
    fn code_of_an_empty_answer(&self, document: &[u8]) -> Option<String> {
        let code = match self.http_status {
            403 => "AccessDenied",
            404 => "NoSuchKey",
            412 => "PreconditionFailed",
            500 => "InternalError",
            503 => "ServiceUnavailable",
            _ => return None,
        };
        document.is_empty().then(|| code.to_owned())
    }

    fn not_an_answer(&self, document: &[u8]) -> ErrorKind {
        let head = cut(&String::from_utf8_lossy(document), 80);
        let reason = if document.is_empty() { "it is empty" } else { "there is no error code in it" };
        ErrorKind::NotAnAnswer { http_status: self.http_status, reason: reason.into(), head }
    }
}

/// The leaves of an XML or JSON document by local name, whatever stands around them.
fn fields(document: &[u8]) -> Vec<(String, String)> {
    if let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(document) {
        return object.into_iter().filter_map(|(k, v)| Some((k, v.as_str()?.to_owned()))).collect();
    }
    let text = String::from_utf8_lossy(document);
    let mut reader = Reader::from_str(&text);
    let (mut fields, mut name, mut value) = (Vec::new(), String::new(), String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                name = tag.local_name().as_ref().to_owned();
                value.clear();
            }
            Ok(Event::Text(text)) => value.push_str(&text),
            Ok(Event::CData(text)) => value.push_str(&text),
            Ok(Event::GeneralRef(entity)) => value.push_str(&resolved(&entity)),
            Ok(Event::End(_)) if !name.is_empty() => {
                fields.push((std::mem::take(&mut name), std::mem::take(&mut value)))
            }
            Ok(Event::Eof) | Err(_) => return fields,
            Ok(_) => {}
        }
    }
}

fn resolved(entity: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(entity).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEWED: &[u8] = br#"<?xml version="1.0" encoding="UTF-8"?>
<Error xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><Code>RequestTimeTooSkewed</Code><Message>a &amp; b</Message>
<RequestId>646D</RequestId><ServerTime>2024-09-23T06:32:40.000Z</ServerTime><EC>0002-00000504</EC></Error>"#;

    fn refusal(body: &[u8]) -> ErrorKind {
        let (request_id, ec, header) = (None, None, None);
        Refusal { http_status: 403, request_id, ec, header, body, signed: ["", ""] }.parse()
    }

    #[test]
    fn reads_an_error_with_a_namespace() {
        let ErrorKind::Service(e) = refusal(SKEWED) else { panic!("an OSS error") };
        assert_eq!((e.code.as_str(), e.message.as_str()), ("RequestTimeTooSkewed", "a & b"));
        assert_eq!(e.server_time.unwrap().to_string(), "2024-09-23T06:32:40Z");
        assert_eq!(e.ec.as_deref(), Some("0002-00000504"));
    }

    #[test]
    fn html_of_a_proxy_is_no_answer() {
        let error = refusal(b"<html><head><title>Blocked</title></head><body>no</body></html>");
        assert!(matches!(error, ErrorKind::NotAnAnswer { .. }), "{error}");
    }
}
