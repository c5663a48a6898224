//! Policy documents: their grammar, and whether they allow something.

use serde_json::{Map, Value};

use super::condition::{Condition, Tags};
use super::pattern::matches;

/// A policy document that passed the grammar check.
#[derive(Clone, Debug)]
pub(super) struct Document {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    allow: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    principals: Vec<String>,
    conditions: Vec<Condition>,
}

/// Whom a document speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What its holder may do: `Action` and `Resource`.
    Permission,
    /// Who may take a role on: `Action` and `Principal`.
    Trust,
}

impl Document {
    /// Checks the grammar; the error says what is wrong, as `MalformedPolicyDocument` does.
    pub(super) fn parse(text: &str, kind: Kind) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|_| "The policy document is not valid JSON.".to_owned())?;
        if value.get("Version").and_then(Value::as_str) != Some("1") {
            return Err("The policy document must have a Version of \"1\".".to_owned());
        }
        let statements = value.get("Statement").and_then(Value::as_array).filter(|list| !list.is_empty());
        let statements = statements.ok_or("The policy document must have a Statement list.")?;
        let parsed: Result<_, String> = statements.iter().map(|each| Statement::parse(each, kind)).collect();
        Ok(Self { statements: parsed? })
    }

    /// Whether documents together allow an action on a resource, an ARN; a statement that denies wins. `tags` are those
    /// of the resource, where it can have any.
    pub(super) fn all_allow(documents: &[&Self], wanted: (&str, &str), tags: Option<&Tags>) -> bool {
        let (action, resource) = wanted;
        let speaks = |statement: &&Statement| {
            statement.covers(action)
                && statement.conditions.iter().all(|condition| condition.is_met(tags))
                && statement.resources.iter().any(|pattern| matches(pattern, resource))
        };
        let statements = documents.iter().flat_map(|document| &document.statements);
        let mut speaking = statements.filter(speaks).peekable();
        speaking.peek().is_some() && speaking.all(|statement| statement.allow)
    }

    /// Whether it lets any of these principals take the role on by that action.
    pub(super) fn trusts(&self, action: &str, principals: &[&str]) -> bool {
        self.statements.iter().any(|statement| {
            statement.allow
                && statement.covers(action)
                && statement.principals.iter().any(|known| principals.contains(&known.as_str()))
        })
    }
}

impl Statement {
    fn parse(value: &Value, kind: Kind) -> Result<Self, String> {
        let fields = value.as_object().ok_or("A statement must be an object.")?;
        let allow = match fields.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("The Effect of a statement must be Allow or Deny.".to_owned()),
        };
        let actions = texts(fields.get("Action")).ok_or("A statement must have an Action.")?;
        let wrong = actions.iter().find(|action| *action != "*" && !action.contains(':'));
        if let Some(action) = wrong {
            return Err(format!("The action {action} must be of the form service:action."));
        }
        let (mut resources, mut principals) = (Vec::new(), Vec::new());
        match kind {
            Kind::Permission => {
                resources = texts(fields.get("Resource")).ok_or("A statement must have a Resource.")?;
            }
            Kind::Trust => {
                let named = fields.get("Principal").and_then(Value::as_object);
                principals = named.and_then(all_texts).ok_or("A statement must have a Principal.")?;
            }
        }
        let conditions = Condition::all(fields.get("Condition"))
            .ok_or("A Condition must be of the form operator, key, values.")?;
        Ok(Self { allow, actions, resources, principals, conditions })
    }

    /// Whether it speaks of an action, whose case does not matter.
    fn covers(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
    }
}

/// A text or a list of texts, not empty.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let found = match value? {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => {
            many.iter().map(|each| each.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?
        }
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}

/// The principals of every kind: `Service`, `RAM`, `Federated`.
fn all_texts(fields: &Map<String, Value>) -> Option<Vec<String>> {
    let lists: Option<Vec<Vec<String>>> = fields.values().map(|value| texts(Some(value))).collect();
    lists.map(|lists| lists.concat()).filter(|all| !all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "acs:oss:cn-hangzhou:1234567890123456:b/dir/bit.tar.gz";

    fn permission(statement: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"1","Statement":[{statement}]}}"#), Kind::Permission).unwrap()
    }

    #[test]
    fn a_statement_that_denies_wins() {
        let allow = r#"{"Effect":"Allow","Action":"oss:Get*","Resource":["acs:oss:*:*:b/*"]}"#;
        let deny = r#"{"Effect":"Deny","Action":["oss:*"],"Resource":"*"}"#;
        let (allow, deny) = (permission(allow), permission(deny));
        assert!(Document::all_allow(&[&allow], ("oss:getobject", OBJECT), None));
        assert!(!Document::all_allow(&[&allow], ("oss:PutObject", OBJECT), None));
        assert!(!Document::all_allow(&[&allow, &deny], ("oss:GetObject", OBJECT), None));
        assert!(!Document::all_allow(&[], ("oss:GetObject", OBJECT), None));
    }

    #[test]
    fn a_condition_asks_for_tags() {
        let statement = r#"{"Effect":"Allow","Action":"ecs:*","Resource":"*",
            "Condition":{"StringLike":{"ecs:tag/faascmd-fleet":"*"},"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#;
        let document = permission(statement);
        let allows = |tags: Option<&Tags>| Document::all_allow(&[&document], ("ecs:StopInstance", "x"), tags);
        assert!(allows(Some(&[("faascmd-fleet".to_owned(), "ddr".to_owned())])));
        assert!(!allows(Some(&[("team".to_owned(), "ddr".to_owned())])));
        assert!(!allows(Some(&[])));
        assert!(allows(None));
    }

    #[test]
    fn a_role_trusts_whom_its_document_names() {
        let text = r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",
            "Principal":{"Service":["ecs.aliyuncs.com","faas.aliyuncs.com"]}}]}"#;
        let document = Document::parse(text, Kind::Trust).unwrap();
        assert!(document.trusts("sts:AssumeRole", &["faas.aliyuncs.com"]));
        assert!(!document.trusts("sts:AssumeRole", &["acs:ram::1234567890123456:root"]));
    }

    #[test]
    fn a_malformed_document_is_refused_with_a_reason() {
        for (text, reason) in [
            ("{", "not valid JSON"),
            (r#"{"Statement":[]}"#, "Version"),
            (r#"{"Version":"1","Statement":[]}"#, "Statement"),
            (r#"{"Version":"1","Statement":[{"Effect":"Maybe"}]}"#, "Effect"),
            (r#"{"Version":"1","Statement":[{"Effect":"Allow"}]}"#, "Action"),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"get","Resource":"*"}]}"#,
                "service:action",
            ),
            (r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*"}]}"#, "Resource"),
        ] {
            let error = Document::parse(text, Kind::Permission).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        let no_principal = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#;
        assert!(Document::parse(no_principal, Kind::Trust).unwrap_err().contains("Principal"));
    }
}
