//! A policy document: read as others wrote it, and asked what it allows.

use serde_json::{Map, Value, json};

/// A policy document as it came; what is not understood in it is kept and counts for nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Map<String, Value>);

/// Why a text is not a policy document.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a policy document: {0}")]
pub struct NotAPolicy(String);

/// One statement of a document, as far as it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// `Allow` or `Deny`.
    pub effect: &'a str,
    /// Patterns of actions, such as `oss:Get*`.
    pub actions: Vec<&'a str>,
    /// Patterns of resources, such as `acs:oss:*:*:my-bucket/*`; none in a trust policy.
    pub resources: Vec<&'a str>,
    /// Services that may take a role on; none in a permission policy.
    pub services: Vec<&'a str>,
    /// Whether it holds only under a condition, or says something else that is not understood here.
    pub qualified: bool,
}

impl Document {
    /// A document without statements.
    pub fn empty() -> Self {
        Self(Map::from_iter([("Version".to_owned(), json!("1")), ("Statement".to_owned(), json!([]))]))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// When it is not JSON, or not an object with statements.
    pub fn parse(text: &str) -> Result<Self, NotAPolicy> {
        let value: Value = serde_json::from_str(text).map_err(|e| NotAPolicy(e.to_string()))?;
        let Value::Object(mut fields) = value else { return Err(NotAPolicy("not an object".into())) };
        match fields.get_mut("Statement") {
            Some(Value::Array(list)) if list.iter().all(Value::is_object) => {}
            // One statement may stand without its list.
            Some(one @ Value::Object(_)) => *one = json!([one.take()]),
            _ => return Err(NotAPolicy("it has no list of statements".into())),
        }
        Ok(Self(fields))
    }

    /// The text as it is sent: JSON without spaces, for the length is limited.
    pub fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// The text as people read it.
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_else(|_| self.text())
    }

    /// The document as JSON.
    pub fn json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Its statements.
    pub fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        self.list().iter().filter_map(Value::as_object).map(Statement::read)
    }

    /// Whether it allows an action on a resource, whatever else it denies; conditions count as not met. Both may be
    /// patterns: then everything that fits them must be allowed.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        self.statements().any(|statement| {
            statement.effect == "Allow" && !statement.qualified && statement.speaks_of(action, resource)
        })
    }

    /// Whether it lets a service take the role on.
    pub fn trusts(&self, service: &str) -> bool {
        self.trusting_statements(service).any(|statement| !statement.qualified)
    }

    /// Whether it lets a service take the role on, but only under a condition.
    pub fn trusts_under_condition(&self, service: &str) -> bool {
        !self.trusts(service) && self.trusting_statements(service).next().is_some()
    }

    fn trusting_statements(&self, service: &str) -> impl Iterator<Item = Statement<'_>> {
        self.statements().filter(move |statement| {
            statement.effect == "Allow"
                && any_covers(&statement.actions, "sts:AssumeRole")
                && any_covers(&statement.services, service)
        })
    }

    pub(super) fn list(&self) -> &[Value] {
        self.0.get("Statement").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn list_mut(&mut self) -> Option<&mut Vec<Value>> {
        self.0.get_mut("Statement").and_then(Value::as_array_mut)
    }
}

impl<'a> Statement<'a> {
    pub(super) fn read(fields: &'a Map<String, Value>) -> Self {
        let known = ["Effect", "Action", "Resource", "Principal"];
        let principal = fields.get("Principal").and_then(Value::as_object);
        Self {
            effect: fields.get("Effect").and_then(Value::as_str).unwrap_or_default(),
            actions: texts(fields.get("Action")),
            resources: texts(fields.get("Resource")),
            services: texts(principal.and_then(|kinds| kinds.get("Service"))),
            qualified: fields.keys().any(|key| !known.contains(&key.as_str())),
        }
    }

    pub(super) fn speaks_of(&self, action: &str, resource: &str) -> bool {
        any_covers(&self.actions, action) && any_covers(&self.resources, resource)
    }
}

/// A text or a list of texts.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn any_covers(patterns: &[&str], wanted: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern, wanted))
}

/// Whether everything that fits `wanted` fits `pattern`. In both, `*` stands for any text and `?` for one character;
/// a `*` that is wanted is covered only by a `*`. It may say no where a cleverer look would say yes, never the reverse.
fn covers(pattern: &str, wanted: &str) -> bool {
    let (pattern, wanted) = (pattern.as_bytes(), wanted.as_bytes());
    let (mut p, mut w) = (0, 0);
    // Where to go on when what follows the last star turns out not to fit.
    let mut retry = None;
    while w < wanted.len() {
        let fits_one = |p: u8| p == wanted[w] || p == b'?' && wanted[w].is_ascii() && wanted[w] != b'*';
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, w));
                p += 1;
            }
            Some(c) if fits_one(*c) => (p, w) = (p + 1, w + 1),
            _ => {
                let Some((star, from)) = retry else { return false };
                (p, w) = (star + 1, from + 1);
                retry = Some((star, from + 1));
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_covers_what_it_is_wider_than() {
        for (pattern, wanted) in [
            ("*", "acs:oss:*:*:b/*"),
            ("acs:oss:*:*:b/*", "acs:oss:*:*:b/*"),
            ("acs:oss:*:*:b*", "acs:oss:*:*:b/compiling_logs/*"),
            ("oss:?etObject", "oss:GetObject"),
            ("", ""),
        ] {
            assert!(covers(pattern, wanted), "{pattern} {wanted}");
        }
        for (pattern, wanted) in [
            ("acs:oss:*:*:b", "acs:oss:*:*:b/*"),
            ("acs:oss:*:*:b/?", "acs:oss:*:*:b/*"),
            ("acs:oss:cn-hangzhou:*:b/*", "acs:oss:*:*:b/*"),
            ("oss:Get", "oss:GetObject"),
            ("", "a"),
        ] {
            assert!(!covers(pattern, wanted), "{pattern} {wanted}");
        }
    }

    proptest! {
        #[test]
        fn what_is_covered_fits_the_pattern_however_its_stars_are_filled(
            pattern in "[ab*?]{0,6}", wanted in "[ab*]{0,6}", filling in "[abc]{0,3}"
        ) {
            if covers(&pattern, &wanted) {
                let filled = wanted.replace('*', &filling);
                prop_assert!(covers(&pattern, &filled), "{} {} {}", pattern, wanted, filled);
            }
        }
    }

    #[test]
    fn a_condition_or_an_unknown_field_makes_an_allowance_count_for_nothing() {
        let text = r#"{"Version":"1","Statement":[
            {"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"true"}}},
            {"Effect":"Allow","NotAction":["ecs:*"],"Resource":"*"},
            {"Effect":"Allow","Action":["ecs:Describe*"],"Resource":"*"}]}"#;
        let document = Document::parse(text).unwrap();
        assert!(!document.allows("oss:GetObject", "acs:oss:*:*:b/*"));
        assert!(document.allows("ecs:DescribeImages", "acs:ecs:*:*:*"));
    }

    #[test]
    fn one_statement_may_stand_without_its_list() {
        let document =
            Document::parse(r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#);
        assert!(document.unwrap().allows("a:b", "c"));
        for text in ["", "[]", "{}", r#"{"Statement":[1]}"#] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn trust_names_services() {
        let text = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",
            "Principal":{"Service":["ecs.aliyuncs.com","faas.aliyuncs.com"]}}],"Version":"1"}"#;
        let document = Document::parse(text).unwrap();
        assert!(document.trusts("faas.aliyuncs.com") && !document.trusts("fc.aliyuncs.com"));
    }
}
