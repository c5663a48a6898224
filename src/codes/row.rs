//! One row of the tables.

use serde::Serialize;

/// What kind of answer a code is, whatever the HTTP status beside it: FaaS answers 404 to a wrong shell, and 503 to a
/// second image within half an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A refusal that stays one.
    Refused,
    /// There is no such thing.
    NotFound,
    /// Something else is going on, or the state is wrong.
    Conflict,
    /// Too much was asked at once; the next try waits longer.
    Throttled,
    /// The same request may succeed in a moment.
    Transient,
    /// There is no more of it now: elsewhere or later there may be.
    Capacity,
    /// The account may not have more, until somebody raises the limit.
    Quota,
    /// The account does not pay, or can't.
    Money,
}

impl Class {
    /// Whether asking again is of no use.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Throttled | Self::Transient)
    }
}

/// A code, what it means, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The code as the service spells it; `X.*` stands for `X` and all that begins with `X.`, `*X` for all that end
    /// with `X`.
    pub code: &'static str,
    /// The service.
    pub service: &'static str,
    /// The actions to which the row is limited; empty: any.
    pub actions: &'static [&'static str],
    /// The HTTP status that comes with it.
    pub http_status: Option<u16>,
    /// What kind of answer it is; None where the HTTP status says it.
    #[serde(skip)]
    pub class: Option<Class>,
    /// Other codes for the same: older spellings, the exact cause (EC) of OSS.
    pub also: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
    /// What to do next; no two rows have the same.
    pub advice: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

impl Row {
    /// A row without status, meaning and advice yet.
    pub(super) const fn new(service: &'static str, code: &'static str) -> Self {
        Self {
            code,
            service,
            actions: &[],
            http_status: None,
            class: None,
            also: &[],
            meaning: "",
            advice: "",
            source: "",
        }
    }

    /// With the HTTP status.
    pub(super) const fn status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// Of this kind, whatever the status.
    pub(super) const fn class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// Only for these actions.
    pub(super) const fn on(mut self, actions: &'static [&'static str]) -> Self {
        self.actions = actions;
        self
    }

    /// With other codes for the same.
    pub(super) const fn also(mut self, codes: &'static [&'static str]) -> Self {
        self.also = codes;
        self
    }

    /// With its meaning.
    pub(super) const fn means(mut self, meaning: &'static str) -> Self {
        self.meaning = meaning;
        self
    }

    /// With the next step.
    pub(super) const fn advice(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    /// With its source.
    pub(super) const fn from(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// How well the row fits a code: exactly, as one of a family, or not.
    pub(super) fn fit(&self, code: &str) -> Option<Fit> {
        if std::iter::once(&self.code).chain(self.also).any(|own| *own == code) {
            return Some(Fit::Exact);
        }
        let of_family = match (self.code.strip_suffix(".*"), self.code.strip_prefix('*')) {
            (Some(head), _) => {
                code == head || code.strip_prefix(head).is_some_and(|rest| rest.starts_with('.'))
            }
            (None, Some(tail)) => code.ends_with(tail),
            (None, None) => false,
        };
        of_family.then_some(Fit::Family)
    }
}

/// How well a row fits; the better one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The code is one of a family.
    Family,
    /// It is the row's own.
    Exact,
}
