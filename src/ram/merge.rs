//! A policy that others wrote too, and what is missing in it: added, with nothing taken away.

use serde_json::{Value, json};

use super::document::Statement;
use super::{Document, Grant};

/// A document that allows what was asked for, and what that took.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The document.
    pub document: Document,
    /// What it did not allow before; empty when nothing had to be done.
    pub added: Vec<Grant>,
}

/// A statement that forbids what is needed. It wins over any that allows, and is not ours to take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The action that is needed.
    pub action: &'static str,
    /// The resource.
    pub resource: String,
}

impl Document {
    /// Adds what is missing. What is there stays word for word, but that a statement of the same actions gets one more
    /// resource; asked again, it adds nothing.
    #[must_use]
    pub fn granting(&self, grants: &[Grant]) -> Merged {
        let mut merged = Merged { document: self.clone(), added: Vec::new() };
        for grant in grants {
            let is_missing = |action: &&&str| !merged.document.allows(action, &grant.resource);
            let missing: Vec<&str> = grant.actions.iter().filter(is_missing).copied().collect();
            if !missing.is_empty() {
                merged.document.allow(&missing, grant);
                merged.added.push(grant.clone());
            }
        }
        merged
    }

    /// The needed actions that a statement forbids.
    pub fn denials(&self, grants: &[Grant]) -> Vec<Denial> {
        let is_denied = |action: &str, resource: &str| {
            self.statements()
                .any(|statement| statement.effect == "Deny" && statement.speaks_of(action, resource))
        };
        let of = |grant: &Grant| {
            let denied = grant.actions.iter().filter(|action| is_denied(action, &grant.resource));
            denied.map(|action| Denial { action, resource: grant.resource.clone() }).collect::<Vec<_>>()
        };
        grants.iter().flat_map(of).collect()
    }

    /// Lets a service take the role on; whom the document trusts already it goes on trusting. `None` when it does so
    /// already.
    pub fn trusting(&self, service: &str) -> Option<Self> {
        if self.trusts(service) {
            return None;
        }
        let mut document = self.clone();
        document.list_mut()?.push(
            json!({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}),
        );
        Some(document)
    }

    fn allow(&mut self, missing: &[&str], grant: &Grant) {
        let Some(list) = self.list_mut() else { return };
        let same_actions = |value: &&mut Value| value.as_object().is_some_and(|f| is_ours(f, grant.actions));
        if let Some(Value::Array(resources)) =
            list.iter_mut().find(same_actions).map(|statement| &mut statement["Resource"])
        {
            resources.push(json!(grant.resource));
            return;
        }
        list.push(json!({"Effect": "Allow", "Action": missing, "Resource": [grant.resource]}));
    }
}

/// Whether a statement allows exactly these actions on a list of resources, and says nothing else.
fn is_ours(fields: &serde_json::Map<String, Value>, actions: &[&str]) -> bool {
    let statement = Statement::read(fields);
    statement.effect == "Allow"
        && !statement.qualified
        && !fields.contains_key("Principal")
        && fields.get("Resource").is_some_and(Value::is_array)
        && statement.actions == actions
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::faas_grants;
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    #[test]
    fn a_new_policy_allows_the_least() {
        let merged = Document::empty().granting(&faas_grants("b", None));
        insta::assert_snapshot!(merged.document.text(), @r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:b/*"]},{"Effect":"Allow","Action":["oss:ListObjects"],"Resource":["acs:oss:*:*:b"]},{"Effect":"Allow","Action":["oss:PutObject"],"Resource":["acs:oss:*:*:b/compiling_logs/*"]},{"Effect":"Allow","Action":["ecs:DescribeInstances","ecs:DescribeImages"],"Resource":["acs:ecs:*:*:*"]}]}"#);
        assert_eq!(merged.added.len(), 4);
    }

    #[test]
    fn a_second_bucket_takes_its_place_beside_the_first() {
        let first = Document::empty().granting(&faas_grants("a", None)).document;
        let second = first.granting(&faas_grants("b", None));
        assert_eq!(second.document.list().len(), first.list().len());
        assert_eq!(second.added.len(), 3, "instances are allowed already");
        for bucket in ["a", "b"] {
            assert!(second.document.granting(&faas_grants(bucket, None)).added.is_empty());
        }
    }

    #[test]
    fn a_statement_that_forbids_is_found_and_left() {
        let theirs = document(
            r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:Put*","Resource":"*","Condition":{}}]}"#,
        );
        let grants = faas_grants("b", None);
        let merged = theirs.granting(&grants).document;
        assert_eq!(merged.list()[0], theirs.list()[0]);
        let denials = merged.denials(&grants);
        assert_eq!(denials.iter().map(|d| d.action).collect::<Vec<_>>(), ["oss:PutObject"]);
    }

    #[test]
    fn trust_is_added_once() {
        let ecs = document(
            r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#,
        );
        let both = ecs.trusting("faas.aliyuncs.com").unwrap();
        assert!(both.trusts("ecs.aliyuncs.com") && both.trusts("faas.aliyuncs.com"));
        assert_eq!(both.trusting("faas.aliyuncs.com"), None);
    }

    /// A text, alone or in a list, as people write both.
    fn texts(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
        let list = prop::collection::vec(prop::sample::select(words), 1..3);
        (list, any::<bool>()).prop_map(|(list, alone)| if alone { json!(list[0]) } else { json!(list) })
    }

    fn anybodys_statement() -> impl Strategy<Value = Value> {
        let actions = [
            "oss:GetObject",
            "oss:*",
            "oss:PutObject",
            "ecs:Describe*",
            "kms:Decrypt",
            "*",
            "ecs:DescribeInstances",
        ];
        let resources =
            ["acs:oss:*:*:a/*", "acs:oss:*:*:b", "acs:oss:*:*:b/compiling_logs/*", "acs:ecs:*:*:*", "*"];
        let actions: &'static [&'static str] = Vec::leak(actions.to_vec());
        let resources: &'static [&'static str] = Vec::leak(resources.to_vec());
        (texts(actions), texts(resources), any::<bool>(), 0..4u8).prop_map(
            |(action, resource, allow, more)| {
                let effect = if allow { "Allow" } else { "Deny" };
                let mut statement = json!({"Effect": effect, "Action": action, "Resource": resource});
                match more {
                    0 => statement["Condition"] = json!({"Bool": {"acs:SecureTransport": "true"}}),
                    1 => statement["Sid"] = json!("theirs"),
                    _ => {}
                }
                statement
            },
        )
    }

    fn anybodys_policy() -> impl Strategy<Value = Document> {
        prop::collection::vec(anybodys_statement(), 0..6)
            .prop_map(|list| document(&json!({"Version": "1", "Statement": list}).to_string()))
    }

    proptest! {
        #[test]
        fn merging_grants_what_is_needed_keeps_what_was_there_and_is_done_once(
            theirs in anybodys_policy(), kms in any::<bool>()
        ) {
            let grants = faas_grants("b", kms.then_some("key-1"));
            let merged = theirs.granting(&grants);
            for grant in &grants {
                for action in grant.actions {
                    prop_assert!(merged.document.allows(action, &grant.resource));
                }
            }
            prop_assert!(merged.document.list().len() >= theirs.list().len());
            for (before, after) in theirs.list().iter().zip(merged.document.list()) {
                let mut shrunk = after.clone();
                if let (Value::Array(resources), Value::Array(old)) = (&mut shrunk["Resource"], &before["Resource"]) {
                    resources.truncate(old.len());
                }
                prop_assert_eq!(&shrunk, before);
            }
            let again = merged.document.granting(&grants);
            prop_assert!(again.added.is_empty());
            prop_assert_eq!(again.document, merged.document);
        }
    }
}
