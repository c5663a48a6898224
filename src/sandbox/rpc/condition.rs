//! Conditions of a policy's statements, as far as they ask for tags.

use serde_json::{Map, Value};

use super::pattern::matches;

/// The tags of what an action is about.
pub(crate) type Tags = [(String, String)];

/// One condition: an operator, a key, the values of which one has to fit.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// How a key begins that names a tag of the resource or of the request.
const TAG_KEYS: [&str; 3] = ["ecs:tag/", "acs:ResourceTag/", "acs:RequestTag/"];

impl Condition {
    /// The conditions of a statement; None if they have a form that is none.
    pub(super) fn all(value: Option<&Value>) -> Option<Vec<Self>> {
        let Some(value) = value else { return Some(Vec::new()) };
        let mut found = Vec::new();
        for (operator, keys) in value.as_object()? {
            found.extend(Self::of(operator, keys.as_object()?)?);
        }
        Some(found)
    }

    fn of(operator: &str, keys: &Map<String, Value>) -> Option<Vec<Self>> {
        let one = |(key, values): (&String, &Value)| {
            let values = match values {
                Value::String(one) => vec![one.clone()],
                Value::Array(many) => {
                    many.iter().map(|each| each.as_str().map(str::to_owned)).collect::<Option<_>>()?
                }
                _ => return None,
            };
            Some(Self { operator: operator.to_owned(), key: key.clone(), values })
        };
        keys.iter().map(one).collect()
    }

    /// Whether it is met. What it asks for besides tags is taken as met, and all where nothing has tags.
    pub(super) fn is_met(&self, tags: Option<&Tags>) -> bool {
        let (Some(tags), Some(name)) =
            (tags, TAG_KEYS.iter().find_map(|prefix| self.key.strip_prefix(prefix)))
        else {
            return true;
        };
        let value = tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let any = |fits: &dyn Fn(&str, &str) -> bool| {
            value.is_some_and(|value| self.values.iter().any(|wanted| fits(wanted, value)))
        };
        match self.operator.as_str() {
            "StringEquals" => any(&|wanted, value| wanted == value),
            "StringNotEquals" => !any(&|wanted, value| wanted == value),
            "StringEqualsIgnoreCase" => any(&|wanted, value| wanted.eq_ignore_ascii_case(value)),
            "StringNotEqualsIgnoreCase" => !any(&|wanted, value| wanted.eq_ignore_ascii_case(value)),
            "StringLike" => any(&matches),
            "StringNotLike" => !any(&matches),
            _ => false,
        }
    }
}
