//! An RPC service's answer as its client reads it: fields taken by name, from whatever shape they came in.

use serde_json::{Map, Value};

use super::{Error, ErrorKind, RpcAnswer, RpcCall, Time};

/// An answer: our view of it, and the answer itself.
#[derive(Clone, Debug)]
pub struct Answered<T> {
    /// What we read in it.
    pub view: T,
    /// As it came.
    pub answer: RpcAnswer,
}

/// An object of an answer; what nobody takes is kept.
#[derive(Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object; of anything else, none.
    pub(crate) fn of(value: &Value) -> Self {
        Self(value.as_object().cloned().unwrap_or_default())
    }

    /// The fields of the answer itself, without the id of the call.
    pub(crate) fn of_answer(value: &Value) -> Self {
        let mut fields = Self::of(value);
        fields.0.shift_remove("RequestId");
        fields
    }

    /// All of them, as they came.
    pub(crate) fn whole(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// A text, or a number or flag as text; empty counts as absent.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let text = match self.0.shift_remove(name)? {
            Value::String(text) => text,
            Value::Null => return None,
            other => other.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// A flag, or the text of one: both have been seen for `Encrypted`.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.text(name)?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A whole number, also where it is written as text.
    pub(crate) fn number(&mut self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// A number with a fraction, also where it is written as text, as prices are.
    pub(crate) fn decimal(&mut self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// The fields of an object within; none where there is none.
    pub(crate) fn inner(&self, name: &str) -> Self {
        self.0.get(name).map(Self::of).unwrap_or_default()
    }

    /// The objects of a list within; none where there is no list.
    pub(crate) fn items(&self, outer: &str, inner: &str) -> Vec<Self> {
        self.rows(outer, inner).map(Self::of).collect()
    }

    /// The texts of a list within.
    pub(crate) fn texts(&self, outer: &str, inner: &str) -> Vec<String> {
        self.rows(outer, inner).filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    fn rows(&self, outer: &str, inner: &str) -> impl Iterator<Item = &Value> {
        self.0.get(outer).and_then(|found| rows(found, inner)).into_iter().flatten()
    }

    /// A time.
    pub(crate) fn time(&mut self, name: &str) -> Option<Time> {
        self.text(name).map(|text| Time::read(&text))
    }

    /// What was not taken.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }
}

/// The list `outer`, which is an array itself (2020-02-17), or an object that holds it as `inner` (2017-08-24).
///
/// # Errors
/// When the answer has no `outer`, or it is no list: nothing may follow from that as from an empty one.
pub(crate) fn list_of<'a>(answer: &'a Value, outer: &str, inner: &str) -> Result<Vec<&'a Value>, String> {
    let found = answer.get(outer).ok_or_else(|| format!("there is no {outer} in it"))?;
    rows(found, inner).ok_or_else(|| format!("its {outer} is no list"))
}

/// None where there is no list; an empty one may also come as an empty object or text.
fn rows<'a>(found: &'a Value, inner: &str) -> Option<Vec<&'a Value>> {
    let items = match found {
        Value::Object(object) if object.is_empty() => return Some(Vec::new()),
        Value::Object(object) => object.get(inner).or_else(|| object.values().find(|v| v.is_array()))?,
        other => other,
    };
    match items {
        Value::Array(items) => Some(items.iter().collect()),
        Value::Object(_) => Some(vec![items]),
        Value::String(text) if text.is_empty() => Some(Vec::new()),
        _ => None,
    }
}

/// The error for an answer that lacks what it is asked for.
pub(crate) fn unreadable(call: &RpcCall, reason: String, text: &str) -> Error {
    let head = text.chars().take(80).collect();
    Error::new(call.service, call.action, ErrorKind::NotAnAnswer { http_status: 200, reason, head })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_read_in_both_shapes() {
        let lengths = |value: Value| list_of(&value, "FpgaImages", "fpgaImage").map(|items| items.len());
        assert_eq!(lengths(json!({"FpgaImages": {"fpgaImage": [{}, {}]}})), Ok(2));
        assert_eq!(lengths(json!({"FpgaImages": [{}, {}]})), Ok(2));
        assert_eq!(lengths(json!({"FpgaImages": {"FpgaImage": [{}]}})), Ok(1));
        assert_eq!(lengths(json!({"FpgaImages": {"fpgaImage": {}}})), Ok(1));
        assert_eq!(lengths(json!({"FpgaImages": {}})), Ok(0));
        assert_eq!(lengths(json!({"FpgaImages": ""})), Ok(0));
        assert_eq!(lengths(json!({"FpgaImages": {"fpgaImage": ""}})), Ok(0));
        assert_eq!(lengths(json!({"Images": []})), Err("there is no FpgaImages in it".to_owned()));
    }

    #[test]
    fn what_is_no_list_is_no_empty_one() {
        for none in [
            json!(null),
            json!("busy"),
            json!(false),
            json!(0),
            json!({"fpgaImage": null}),
            json!({"fpgaImage": "busy"}),
            json!({"message": "busy"}),
        ] {
            let answer = json!({"FpgaImages": none});
            assert_eq!(list_of(&answer, "FpgaImages", "fpgaImage"), Err("its FpgaImages is no list".into()));
        }
    }

    #[test]
    fn a_flag_is_read_from_a_flag_and_from_text() {
        let mut fields =
            Fields::of(&json!({"a": true, "b": "False", "c": "perhaps", "d": null, "e": 7, "f": ""}));
        assert_eq!(
            ["a", "b", "c", "d", "g"].map(|name| fields.flag(name)),
            [Some(true), Some(false), None, None, None]
        );
        assert_eq!([fields.text("e"), fields.text("f")], [Some("7".to_owned()), None]);
        assert!(fields.rest().is_empty());
    }
}
