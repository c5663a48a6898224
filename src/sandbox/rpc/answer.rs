//! Answers as the gateway writes them: JSON where it was asked for, else XML.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use crate::sandbox::http::Response;

/// The encoding that the parameter `Format` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    /// What an absent `Format` means.
    Xml,
}

impl Format {
    /// None if it is neither `JSON` nor `XML`.
    pub(super) fn parse(text: Option<&str>) -> Option<Self> {
        match text.map(str::to_ascii_uppercase).as_deref() {
            Some("JSON") => Some(Self::Json),
            None | Some("" | "XML") => Some(Self::Xml),
            Some(_) => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }

    fn encode(self, root: &str, value: &Value) -> String {
        match self {
            Self::Json => value.to_string(),
            Self::Xml => format!("<?xml version='1.0' encoding='UTF-8'?>{}", xml(root, value)),
        }
    }
}

/// `F1A2…` in upper case, as every answer carries one.
pub(super) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

/// The answer of an action that went well.
pub(super) fn success(format: Format, action: &str, fields: Value) -> Response {
    let id = request_id();
    let mut all = Map::from_iter([("RequestId".to_owned(), Value::String(id.clone()))]);
    if let Value::Object(fields) = fields {
        all.extend(fields);
    }
    response(200, format, &id, format.encode(&format!("{action}Response"), &Value::Object(all)))
}

/// An error answer. `host` is the one that was called.
pub(super) fn refusal(format: Format, host: &str, refusal: &Refusal) -> Response {
    let id = request_id();
    let recommend =
        format!("https://api.aliyun.com/troubleshoot?q={}&requestId={id}", refusal.code.replace(' ', "%20"));
    let fields = json!({
        "RequestId": id,
        "HostId": host,
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": recommend,
    });
    response(refusal.status, format, &id, format.encode("Error", &fields)).with_code(refusal.code.clone())
}

fn response(status: u16, format: Format, request_id: &str, body: String) -> Response {
    Response::new(status).with_body(format.content_type(), body).with_header("x-acs-request-id", request_id)
}

/// An element; a list becomes one element of its key for each item.
fn xml(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| xml(name, item)).collect(),
        Value::Object(fields) => {
            let inside: String = fields.iter().map(|(key, value)| xml(key, value)).collect();
            format!("<{name}>{inside}</{name}>")
        }
        Value::Null => String::new(),
        Value::String(text) => format!("<{name}>{}</{name}>", quick_xml::escape::escape(text)),
        other => format!("<{name}>{other}</{name}>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_format_is_xml_and_a_strange_one_none() {
        assert_eq!(Format::parse(Some("json")), Some(Format::Json));
        assert_eq!(Format::parse(None), Some(Format::Xml));
        assert_eq!(Format::parse(Some("YAML")), None);
    }

    #[test]
    fn xml_repeats_a_list_and_escapes() {
        let fields =
            json!({"FpgaImages": {"fpgaImage": [{"Name": "a<b"}, {"Encrypted": false}]}, "None": null});
        assert_eq!(
            xml("DescribeFpgaImagesResponse", &fields),
            "<DescribeFpgaImagesResponse><FpgaImages><fpgaImage><Name>a&lt;b</Name></fpgaImage><fpgaImage>\
             <Encrypted>false</Encrypted></fpgaImage></FpgaImages></DescribeFpgaImagesResponse>"
        );
    }
}
