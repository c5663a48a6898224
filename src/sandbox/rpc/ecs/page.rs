//! Lists a page at a time: by `PageNumber`, or by `NextToken`, which is bound to its query.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::refusals;
use crate::sandbox::rpc::call::{Call, Question};
use crate::sandbox::rpc::parameters::{INVALID_PARAMETER, is_envelope};
use crate::sandbox::rpc::refusal::Refusal;

/// The size of a page that nobody asked for.
const DEFAULT: usize = 10;

/// Which page is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Page {
    Number {
        number: usize,
        size: usize,
    },
    /// The rows after the one of this serial number.
    After {
        serial: u64,
        size: usize,
        query: u64,
    },
}

/// A row and the number that orders it.
pub(super) type Row = (u64, Value);

/// What may be asked of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The least that `MaxResults` counts as.
    pub(super) least: usize,
    pub(super) most: usize,
}

impl Page {
    /// By `NextToken` where it or `MaxResults` is given, else by number.
    pub(super) fn asked(call: &Question<'_>, limits: Limits) -> Result<Self, Refusal> {
        let number = |name: &str| call.get(name).and_then(|text| text.parse::<usize>().ok());
        let by_token = call.get("NextToken").is_some() || call.get("MaxResults").is_some();
        if !by_token {
            let size = number("PageSize").unwrap_or(DEFAULT);
            if size == 0 || size > limits.most {
                let text = format!("The specified PageSize \"{size}\" is not from 1 to {}.", limits.most);
                return Err(INVALID_PARAMETER.saying(text));
            }
            return Ok(Self::Number { number: number("PageNumber").unwrap_or(1).max(1), size });
        }
        let size = number("MaxResults").unwrap_or(DEFAULT).clamp(limits.least, limits.most);
        let query = fingerprint(call);
        let serial =
            call.get("NextToken").map_or(Ok(0), |token| read(token, query).ok_or(refusals::NEXT_TOKEN))?;
        Ok(Self::After { serial, size, query })
    }

    /// The rows of this page, and what tells of the others. The count means nothing where tokens are used.
    pub(super) fn of(self, rows: Vec<Row>) -> (Vec<Value>, Map<String, Value>) {
        let total = rows.len();
        match self {
            Self::Number { number, size } => {
                let page = rows.into_iter().skip((number - 1).saturating_mul(size)).take(size);
                let told =
                    json!({"TotalCount": total, "PageNumber": number, "PageSize": size, "NextToken": ""});
                (page.map(|(_, value)| value).collect(), object(told))
            }
            Self::After { serial, size, query } => {
                let mut rest = rows.into_iter().filter(|(at, _)| *at > serial);
                let page: Vec<Row> = rest.by_ref().take(size).collect();
                let last = page.last().map_or(serial, |(at, _)| *at);
                let next = if rest.next().is_some() { write(last, query) } else { String::new() };
                let told =
                    json!({"TotalCount": page.len() + 1, "PageNumber": 0, "PageSize": 0, "NextToken": next});
                (page.into_iter().map(|(_, value)| value).collect(), object(told))
            }
        }
    }
}

/// The page of a list that stands below two names, as in `Instances.Instance`.
pub(super) fn listed(
    call: &Call<'_>,
    limits: Limits,
    rows: Vec<Row>,
    names: (&str, &str),
) -> Result<Value, Refusal> {
    let (page, mut answer) = Page::asked(call, limits)?.of(rows);
    answer.insert(names.0.to_owned(), json!({ names.1: page }));
    Ok(Value::Object(answer))
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

/// What a query asks for but for the page.
fn fingerprint(call: &Question<'_>) -> u64 {
    let paging = ["NextToken", "MaxResults", "PageNumber", "PageSize"];
    let mut said: Vec<&(String, String)> = call
        .parameters
        .iter()
        .filter(|(name, _)| !is_envelope(name) && !paging.contains(&name.as_str()))
        .collect();
    said.sort();
    let action = call.given("Action").unwrap_or_default();
    let digest = Sha256::digest(format!("{action} {said:?}").as_bytes());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A token as opaque as the service's.
fn write(serial: u64, query: u64) -> String {
    format!("caeba0bbb2be03f84eb48b699f0a{:016x}{:016x}", serial ^ query, query)
}

fn read(token: &str, query: u64) -> Option<u64> {
    let rest = token.strip_prefix("caeba0bbb2be03f84eb48b699f0a").filter(|rest| rest.len() == 32)?;
    let (serial, of) = rest.split_at_checked(16)?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    (number(of)? == query).then_some(number(serial)? ^ query)
}
