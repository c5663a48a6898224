//! Finding rows: exactly, by family, and by similarity.

use super::row::{Class, Fit, Row};
use super::rows;

/// The row for a service's answer: the one that names the action before the general one, the exact code before its
/// family, the service's own table before what all RPC services share.
pub fn find(service: &str, action: &str, code: &str) -> Option<&'static Row> {
    let rank = |row: &'static Row| {
        let fit = row.fit(code)?;
        let for_action = row.actions.contains(&action);
        let fits = (row.actions.is_empty() || for_action) && serves(row, service);
        fits.then_some((fit, for_action, row.service == service))
    };
    let ranked = rows().filter_map(|row| rank(row).map(|rank| (rank, row)));
    // Of equals, the first: `max_by_key` would give the last.
    ranked.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, row)| row)
}

/// What to do about a service's answer.
pub fn advice(service: &str, action: &str, code: &str) -> Option<&'static str> {
    find(service, action, code).map(|row| row.advice)
}

/// What kind of answer a code is; None where its HTTP status says it. A code means the same kind of thing to every action.
pub fn class(service: &str, action: &str, code: &str) -> Option<Class> {
    let of_other_action = || rows().find(|row| serves(row, service) && row.fit(code) == Some(Fit::Exact));
    find(service, action, code).or_else(of_other_action)?.class
}

/// Every row for a code as a person typed it, of one service or of all; families only when nothing fits exactly.
pub fn all(code: &str, service: Option<&str>) -> Vec<&'static Row> {
    let of_service = || rows().filter(|row| service.is_none_or(|service| serves(row, service)));
    let exact: Vec<_> = of_service().filter(|row| row.fit(code) == Some(Fit::Exact)).collect();
    if !exact.is_empty() {
        return exact;
    }
    let spelled = |row: &&Row| names(row).any(|name| bare(name) == bare(code));
    let otherwise_spelled: Vec<_> = of_service().filter(spelled).collect();
    if !otherwise_spelled.is_empty() {
        return otherwise_spelled;
    }
    of_service().filter(|row| row.fit(code).is_some()).collect()
}

/// Codes that look like a mistyped one, the most similar first, three at most.
pub fn similar(code: &str) -> Vec<&'static str> {
    const SIMILAR: f64 = 0.75;
    let typed = bare(code);
    let mut ranked: Vec<(f64, &'static str)> = rows()
        .flat_map(names)
        .map(|name| (similarity(&typed, &bare(name)), name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    ranked.dedup_by_key(|(_, name)| *name);
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How similar two bare texts are, 0 to 1; the beginning of a long code is as good as the whole of it.
fn similarity(typed: &str, name: &str) -> f64 {
    const TELLING: usize = 5;
    /// A whole code that is as similar as a beginning is the one that was meant.
    const HEAD: f64 = 0.95;
    let whole = strsim::normalized_damerau_levenshtein(name, typed);
    let lengths = typed.len().saturating_sub(1)..=typed.len() + 1;
    let heads = lengths.filter(|_| typed.len() >= TELLING).filter_map(|length| name.get(..length));
    let of_heads = heads.map(|head| HEAD * strsim::normalized_damerau_levenshtein(head, typed));
    of_heads.fold(whole, f64::max)
}

/// Codes that come with an HTTP status.
pub fn with_status(status: u16) -> Vec<&'static str> {
    let mut codes: Vec<_> =
        rows().filter(|row| row.http_status == Some(status)).map(|row| row.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Whether a row is about a service; `rpc` rows are about all but OSS.
fn serves(row: &Row, service: &str) -> bool {
    row.service == service || row.service == "rpc" && !matches!(service, "oss" | "faascmd")
}

fn names(row: &Row) -> impl Iterator<Item = &'static str> + use<> {
    std::iter::once(row.code).chain(row.also.iter().copied())
}

/// A code without what people leave out or type otherwise: case, spaces, signs.
fn bare(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(service: &str, action: &str, code: &str) -> &'static str {
        find(service, action, code).map_or("", |row| row.meaning)
    }

    #[test]
    fn one_code_means_different_things_by_action_and_by_service() {
        let of = |action| meaning("faas", action, "IMAGE NOT FOUND");
        assert_ne!(of("DeleteFpgaImage"), of("LoadFpgaImageTask"));
        assert_ne!(
            meaning("faas", "CreateFpgaImageTask", "InternalError"),
            meaning("oss", "PutObject", "InternalError")
        );
        assert_eq!(find("sts", "GetCallerIdentity", "InternalError").unwrap().service, "rpc");
        assert!(find("oss", "PutObject", "SHELL NOT MATCH").is_none());
    }

    #[test]
    fn a_family_stands_in_where_no_row_is_exact() {
        assert_eq!(find("ecs", "RunCommand", "Throttling.User").unwrap().code, "Throttling.*");
        assert_eq!(
            find("ram", "CreateRole", "EntityAlreadyExists.Role").unwrap().code,
            "EntityAlreadyExists.*"
        );
        assert_eq!(find("oss", "PutObject", "PutQpsLimitExceeded").unwrap().code, "*QpsLimitExceeded");
        assert!(find("ecs", "RunCommand", "Throttlings").is_none());
    }

    #[test]
    fn typing_is_forgiven() {
        assert_eq!(all("shell-not-match", None)[0].code, "SHELL NOT MATCH");
        assert_eq!(similar("SHELL NOT MACH"), ["SHELL NOT MATCH"]);
        assert_eq!(similar("NoSuchBuckt")[0], "NoSuchBucket");
        assert_eq!(similar("FREQENCY")[0], "FREQUENCY ERROR");
        assert_eq!(similar("another")[0], "ANOTHER TASK RUNNING");
        assert!(similar("xyzzy").is_empty());
        assert!(all("NoSuchKey", Some("faas")).is_empty());
        assert_eq!(all("0002-00000007", None)[0].code, "SecurityTokenExpired");
    }
}
