//! Wrong secret or altered request? The server's string to sign, compared with ours.

use crate::sign::encode;

/// Why a signature does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// Both sides signed the same text: the secret is not the one that belongs to the id.
    WrongSecret,
    /// The server saw another request than the one that was signed.
    Altered {
        /// The first line or parameter that differs.
        ours: String,
        /// The same as the server saw it.
        theirs: String,
    },
}

impl Diagnosis {
    /// Compares line by line (OSS), or parameter by parameter (RPC, whose text is one encoded line).
    pub fn compare(ours: &str, theirs: &str) -> Self {
        let (ours, theirs) = (parts(ours), parts(theirs));
        let count = ours.len().max(theirs.len());
        let at = |list: &[String], i: usize| list.get(i).cloned().unwrap_or_default();
        let differs = (0..count).find(|i| at(&ours, *i) != at(&theirs, *i));
        match differs {
            None => Self::WrongSecret,
            Some(i) => Self::Altered { ours: shown(&at(&ours, i)), theirs: shown(&at(&theirs, i)) },
        }
    }
}

fn parts(text: &str) -> Vec<String> {
    let text = text.trim_end();
    let Some((head, query)) = text.split_once("&%2F&") else {
        return text.replace("\r\n", "\n").split('\n').map(str::to_owned).collect();
    };
    let query = encode::decode(query).unwrap_or_else(|| query.to_owned());
    std::iter::once(head.to_owned()).chain(query.split('&').map(str::to_owned)).collect()
}

/// A token is named but not shown.
fn shown(part: &str) -> String {
    for name in ["x-oss-security-token:", "SecurityToken=", "security-token="] {
        if part.contains(name) {
            return format!("{name}***");
        }
    }
    part.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_mean_a_wrong_secret() {
        assert_eq!(Diagnosis::compare("GET\n\na", "GET\n\na\n"), Diagnosis::WrongSecret);
    }

    #[test]
    fn the_first_difference_is_shown_but_no_token() {
        let altered = Diagnosis::compare("POST&%2F&A%3D1%26B%3D2", "POST&%2F&A%3D1%26B%3D3");
        assert_eq!(altered, Diagnosis::Altered { ours: "B=2".into(), theirs: "B=3".into() });
        let token = Diagnosis::compare("GET\nx-oss-security-token:abc", "GET\nx-oss-security-token:abd");
        assert!(!format!("{token:?}").contains("ab"), "{token:?}");
    }
}
