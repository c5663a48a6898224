//! Lists come in pages of 10 unless more are asked for; here they are read to their end.

use serde_json::Value;

use super::Ecs;
use crate::cloud::{Fields, Result, RpcCall, list_of, unreadable};

/// How a list is divided and where it stands in the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pages {
    /// The object that holds the list and the token; empty for the answer itself.
    pub(super) within: &'static str,
    /// `Instances`.
    pub(super) outer: &'static str,
    /// `Instance`.
    pub(super) inner: &'static str,
    /// The most rows that the service gives at once.
    pub(super) most: usize,
}

/// More pages than any account fills: an end that never comes is an error and no endless loop.
const MOST_PAGES: usize = 10_000;

impl Pages {
    pub(super) const fn of(outer: &'static str, inner: &'static str, most: usize) -> Self {
        Self { within: "", outer, inner, most }
    }

    fn rows<'a>(&self, answer: &'a Value) -> Result<Vec<&'a Value>, String> {
        list_of(self.holder(answer), self.outer, self.inner)
    }

    fn holder<'a>(&self, answer: &'a Value) -> &'a Value {
        if self.within.is_empty() { answer } else { &answer[self.within] }
    }
}

impl Ecs {
    /// Every row of a list whose pages are told by `NextToken`; the end is a token that is empty or absent.
    pub(super) async fn by_token<T>(
        &self,
        call: &RpcCall,
        pages: Pages,
        read: impl Fn(Fields) -> T,
    ) -> Result<Vec<T>> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page = call
                .clone()
                .with("MaxResults", pages.most.to_string())
                .with_some("NextToken", token.as_deref());
            let answer = self.cloud.rpc(&page).await?;
            let rows = pages.rows(&answer.raw).map_err(|e| unreadable(call, e, &answer.text))?;
            found.extend(rows.into_iter().map(|row| read(Fields::of(row))));
            let next = Fields::of(pages.holder(&answer.raw)).text("NextToken");
            if next.is_none() {
                return Ok(found);
            }
            if next == token {
                return Err(unreadable(
                    call,
                    "its NextToken is that of the page before".into(),
                    &answer.text,
                ));
            }
            token = next;
        }
        Err(unreadable(call, format!("there is no end to it after {MOST_PAGES} pages"), ""))
    }

    /// Every row of a list whose pages are numbered; the end is a page that is not full, or the total.
    pub(super) async fn by_number<T>(
        &self,
        call: &RpcCall,
        pages: Pages,
        read: impl Fn(Fields) -> T,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        for number in 1..=MOST_PAGES {
            let page =
                call.clone().with("PageSize", pages.most.to_string()).with("PageNumber", number.to_string());
            let answer = self.cloud.rpc(&page).await?;
            let rows = pages.rows(&answer.raw).map_err(|e| unreadable(call, e, &answer.text))?;
            let got = rows.len();
            found.extend(rows.into_iter().map(|row| read(Fields::of(row))));
            let total = Fields::of(pages.holder(&answer.raw)).number("TotalCount");
            let all = total.is_some_and(|total| found.len() as u64 >= total);
            // A service that gives less than was asked for is asked on as long as its total says so.
            if all || got == 0 || total.is_none() && got < pages.most {
                return Ok(found);
            }
        }
        Err(unreadable(call, format!("there is no end to it after {MOST_PAGES} pages"), ""))
    }
}
