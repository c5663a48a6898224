//! What an action takes, and whether a call keeps to it: names, types, ranges, and lists without gaps.
//!
//! The service passes over some parameters that it does not know. Here each is refused, so that a misspelt one is
//! found where it costs nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::refusal::{Refusal, refusals};

refusals! {
    INVALID_PARAMETER = 400, "InvalidParameter", "The specified parameter is not valid.";
    UNSUPPORTED_PARAMETER = 400, "UnsupportedParameter", "The parameter is not supported.";
}

/// One parameter of an action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    /// The name; `N` in `Tag.N.Key` stands for the numbers from 1.
    name: &'static str,
    kind: Kind,
    /// How many there may be of a list.
    most: usize,
    /// What a wrong value, or one too many, is refused with instead of `InvalidParameter`.
    refused: Option<fn() -> Refusal>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A text of at most so many characters.
    Text(usize),
    Number(i64, i64),
    Flag,
    Choice(&'static [&'static str]),
    /// `2026-11-21T08:00:00Z`.
    Time,
}

const fn parameter(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, most: 20, refused: None }
}

/// A text; one of more characters is refused.
pub(super) const fn text(name: &'static str, longest: usize) -> Parameter {
    parameter(name, Kind::Text(longest))
}

/// A whole number from the least to the most.
pub(super) const fn number(name: &'static str, least: i64, most: i64) -> Parameter {
    parameter(name, Kind::Number(least, most))
}

/// `true` or `false`, in any case.
pub(super) const fn flag(name: &'static str) -> Parameter {
    parameter(name, Kind::Flag)
}

/// One of these words.
pub(super) const fn choice(name: &'static str, words: &'static [&'static str]) -> Parameter {
    parameter(name, Kind::Choice(words))
}

/// A moment in UTC.
pub(super) const fn time(name: &'static str) -> Parameter {
    parameter(name, Kind::Time)
}

/// A list of at most so many texts, such as `InstanceId.N`.
pub(super) const fn list(name: &'static str, most: usize) -> Parameter {
    Parameter { most, ..parameter(name, Kind::Text(1024)) }
}

impl Parameter {
    /// With a refusal of its own.
    pub(super) const fn refused(self, refused: fn() -> Refusal) -> Self {
        Self { refused: Some(refused), ..self }
    }

    fn refusal(&self, otherwise: String) -> Refusal {
        self.refused.map_or_else(|| INVALID_PARAMETER.saying(otherwise), |refused| refused())
    }

    /// The number that stands where this has its `N`: None if it is another parameter, nought if it has no `N`.
    fn place(&self, name: &str) -> Option<usize> {
        let (mut ours, mut theirs) = (self.name.split('.'), name.split('.'));
        let mut place = 0;
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Some(place),
                (Some("N"), Some(number)) => place = number.parse().ok().filter(|n| *n > 0)?,
                (Some(one), Some(other)) if one == other => {}
                _ => return None,
            }
        }
    }

    fn check(&self, name: &str, value: &str) -> Result<(), Refusal> {
        let wrong = |wanted: String| {
            self.refusal(format!("The specified {name} \"{value}\" is not valid: {wanted}."))
        };
        let right = match self.kind {
            Kind::Text(longest) => {
                return if value.chars().count() <= longest {
                    Ok(())
                } else {
                    Err(self.refusal(format!("The specified {name} has more than {longest} characters.")))
                };
            }
            Kind::Number(least, most) => {
                let number = value.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
                number.map(drop).ok_or_else(|| format!("a whole number from {least} to {most}"))
            }
            Kind::Flag => {
                let known = ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(value));
                known.then_some(()).ok_or_else(|| "true or false".to_owned())
            }
            Kind::Choice(words) => words.contains(&value).then_some(()).ok_or_else(|| words.join(" or ")),
            Kind::Time => value.parse::<Timestamp>().map(drop).map_err(|_| "a time in UTC".to_owned()),
        };
        right.map_err(wrong)
    }
}

/// What every call may carry: the envelope, the region, and whose resources are meant.
const COMMON: [&str; 17] = [
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "SignatureType",
    "Timestamp",
    "SecurityToken",
    "RegionId",
    "OwnerId",
    "OwnerAccount",
    "ResourceOwnerId",
    "ResourceOwnerAccount",
    "AcceptLanguage",
];

/// Whether it is of the envelope and not of the question.
pub(super) fn is_envelope(name: &str) -> bool {
    COMMON[..11].contains(&name)
}

/// Checks the parameters of a call. An empty value says nothing and is passed over.
pub(super) fn check(given: &[(String, String)], takes: &[Parameter]) -> Result<(), Refusal> {
    let mut places: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); takes.len()];
    let mut seen = BTreeSet::new();
    for (name, value) in given {
        if !seen.insert(name.as_str()) {
            return Err(INVALID_PARAMETER.saying(format!("The parameter {name} is given twice.")));
        }
        if COMMON.contains(&name.as_str()) {
            continue;
        }
        let found = takes.iter().enumerate().find_map(|(at, known)| Some((at, known, known.place(name)?)));
        let Some((at, known, place)) = found else {
            let text = format!("The parameter {name} is not one of this action, or not known here.");
            return Err(UNSUPPORTED_PARAMETER.saying(text));
        };
        places[at].insert(place);
        if !value.is_empty() {
            known.check(name, value)?;
        }
    }
    takes.iter().zip(&places).try_for_each(|(known, places)| without_gaps(known, places))
}

fn without_gaps(known: &Parameter, places: &BTreeSet<usize>) -> Result<(), Refusal> {
    let Some(last) = places.last().copied().filter(|_| known.name.split('.').any(|part| part == "N")) else {
        return Ok(());
    };
    // The value of a tag may be left out; filters are numbered by what they are, 3 and 4 being the ends of a paid time.
    let optional = known.name.ends_with(".Value") || known.name.starts_with("Filter.");
    if last != places.len() && !optional {
        let text =
            format!("The list {} has a gap: it has {} items and ends with {last}.", known.name, places.len());
        return Err(INVALID_PARAMETER.saying(text));
    }
    if last > known.most {
        return Err(known.refusal(format!("The list {} has more than {} items.", known.name, known.most)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKES: &[Parameter] = &[
        number("Amount", 1, 100),
        list("InstanceId.N", 3),
        flag("DryRun"),
        list("Tag.N.Key", 20),
        list("Tag.N.Value", 20),
    ];

    fn refused(given: &[(&str, &str)]) -> String {
        let given: Vec<_> =
            given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(&given, TAKES)
            .map_or_else(|refusal| format!("{} {}", refusal.code, refusal.message), |()| String::new())
    }

    #[test]
    fn what_is_right_passes() {
        assert_eq!(
            refused(&[("RegionId", "cn-hangzhou"), ("Amount", "100"), ("DryRun", "True"), ("OwnerId", "")]),
            ""
        );
        assert_eq!(
            refused(&[
                ("InstanceId.2", "b"),
                ("InstanceId.1", "a"),
                ("Tag.1.Key", "k"),
                ("Tag.2.Key", "l"),
                ("Tag.2.Value", "")
            ]),
            ""
        );
    }

    #[test]
    fn what_is_not_is_named() {
        for (given, wanted) in [
            (("Amout", "1"), "UnsupportedParameter The parameter Amout"),
            (("Amount", "101"), "InvalidParameter The specified Amount \"101\""),
            (("Amount", "1.0"), "InvalidParameter"),
            (("DryRun", "yes"), "InvalidParameter The specified DryRun"),
            (("InstanceId.0", "i"), "UnsupportedParameter"),
            (("InstanceId.2", "i"), "InvalidParameter The list InstanceId.N has a gap"),
            (("InstanceId", "i"), "UnsupportedParameter"),
        ] {
            let said = refused(&[given]);
            assert!(said.starts_with(wanted), "{given:?}: {said}");
        }
        let ids = [("InstanceId.1", ""), ("InstanceId.2", ""), ("InstanceId.3", ""), ("InstanceId.4", "")];
        assert!(refused(&ids).starts_with("InvalidParameter"), "{}", refused(&ids));
        assert!(refused(&[("DryRun", "true"), ("DryRun", "false")]).contains("twice"));
    }
}
