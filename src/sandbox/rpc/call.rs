//! One call that passed the gate.

use std::ops::Deref;

use jiff::Timestamp;
use serde_json::Value;

use super::State;
use super::refusal::Refusal;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::keys::Caller;

/// What an action gives: the answer's fields without `RequestId`, or a refusal.
pub(super) type Answer = Result<Value, Refusal>;

/// What answers one action.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handler {
    /// The call carries a key and a signature.
    Signed(fn(&Call<'_>, &mut State) -> Answer),
    /// It carries neither.
    Unsigned(fn(&Question<'_>, &mut State) -> Answer),
}

/// What is asked, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) parameters: &'a [(String, String)],
    pub(super) now: Timestamp,
}

/// A question whose asker is known.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) question: Question<'a>,
    pub(super) caller: Caller,
}

impl<'a> Deref for Call<'a> {
    type Target = Question<'a>;

    fn deref(&self) -> &Question<'a> {
        &self.question
    }
}

impl<'a> Question<'a> {
    /// A parameter as it came, which may be empty.
    pub(super) fn given(&self, name: &str) -> Option<&'a str> {
        find(self.parameters, name)
    }

    /// A parameter that says something.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// A parameter that the action needs.
    pub(super) fn need(&self, name: &str) -> Result<&'a str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A Boolean, which Python's SDK writes as `True`; absent it is false. None if it is none.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(_) => None,
        }
    }
}

impl<'a> Question<'a> {
    /// The items of a list, `NAME.1` and on.
    pub(super) fn list(&self, name: &str) -> Vec<&'a str> {
        (1..).map_while(|n| self.get(&format!("{name}.{n}"))).collect()
    }

    /// A whole number, once its form was checked.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|text| text.parse().ok())
    }
}

/// The first parameter of that name.
pub(super) fn find<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
