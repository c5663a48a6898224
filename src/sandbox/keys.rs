//! The `AccessKeys` of the sandbox: the fixed ones, and the temporary ones that STS and the metadata service give.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::faults::ExpiredToken;
use super::identity::{FixedCaller, FixedKey, KEYS};

/// Who signs a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// One of the keys that exist from the start.
    Fixed(FixedCaller),
    /// One with temporary credentials.
    AssumedRole(Session),
}

/// Somebody who took on a role for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// The role's name.
    pub(crate) role: String,
    /// The session's own name.
    pub(crate) name: String,
    /// What of the role's rights is left to it: a policy document that was checked; None: all.
    pub(crate) policy: Option<String>,
}

impl Caller {
    /// Whether the caller came with temporary credentials.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::AssumedRole(_))
    }
}

/// A key as the services look it up.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// `AccessKey` secret.
    pub(crate) secret: String,
    /// Who signs with it.
    pub(crate) caller: Caller,
    /// The STS token that must come with it.
    pub(crate) token: Option<String>,
    /// When it ends in truth; `Expiration` may have said later (`--fault expired-token`).
    pub(crate) ends: Option<Timestamp>,
}

impl Key {
    /// Whether the key is switched off.
    pub(crate) fn is_disabled(&self) -> bool {
        self.caller == Caller::Fixed(FixedCaller::Disabled)
    }
}

/// Temporary credentials as they are handed out.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    /// `STS.…`
    pub(crate) id: String,
    /// `AccessKey` secret.
    pub(crate) secret: String,
    /// The token.
    pub(crate) token: String,
    /// The end that the caller is told.
    pub(crate) expiration: Timestamp,
}

/// All keys of one sandbox.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The secrets of [`KEYS`], in their order.
    secrets: Vec<String>,
    issued: Mutex<HashMap<String, Key>>,
    expired_token: Option<ExpiredToken>,
}

impl Keys {
    /// The keys that exist from the start, with documented or random secrets; no temporary ones yet.
    pub(crate) fn new(fixed: bool, expired_token: Option<ExpiredToken>) -> Self {
        let secret = |key: &FixedKey| if fixed { key.secret.to_owned() } else { unguessable(32) };
        Self { secrets: KEYS.iter().map(secret).collect(), issued: Mutex::default(), expired_token }
    }

    /// The secret of the key that COMMAND gets.
    pub(crate) fn user_secret(&self) -> &str {
        &self.secrets[0]
    }

    /// The key of this id.
    pub(crate) fn find(&self, id: &str) -> Option<Key> {
        let fixed = KEYS.iter().zip(&self.secrets).find(|(key, _)| key.id == id).map(|(key, secret)| Key {
            secret: secret.clone(),
            caller: Caller::Fixed(key.caller),
            token: None,
            ends: None,
        });
        fixed.or_else(|| self.issued.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned())
    }

    /// Makes temporary credentials for a role.
    pub(crate) fn issue(&self, caller: Caller, now: Timestamp, lifetime: Duration) -> Issued {
        let id = format!("STS.{}", unguessable(24));
        // With the characters that a careless client forgets to encode.
        let (secret, token) = (unguessable(44), format!("CAIS{}+{}/==", unguessable(60), unguessable(60)));
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = match self.expired_token {
            Some(ExpiredToken::First) if issued.is_empty() => now,
            Some(ExpiredToken::After(seconds)) => now + lifetime.min(seconds),
            _ => now + lifetime,
        };
        let key = Key { secret: secret.clone(), caller, token: Some(token.clone()), ends: Some(ends) };
        issued.insert(id.clone(), key);
        Issued { id, secret, token, expiration: now + lifetime }
    }
}

/// Random hexadecimal digits of the system's own generator.
pub(crate) fn unguessable(length: usize) -> String {
    let digits = std::iter::repeat_with(|| uuid::Uuid::new_v4().simple().to_string());
    let mut text: String = digits.take(length.div_ceil(32)).collect();
    text.truncate(length);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(keys: &Keys) -> (Issued, Key) {
        let caller = Caller::AssumedRole(Session { role: "r".into(), name: "s".into(), policy: None });
        let issued = keys.issue(caller, Timestamp::UNIX_EPOCH, Duration::from_secs(3600));
        let key = keys.find(&issued.id).unwrap();
        (issued, key)
    }

    #[test]
    fn an_issued_key_is_found_with_its_token_and_its_end() {
        let (issued, key) = issue(&Keys::new(true, None));
        assert_eq!(key.token.as_deref(), Some(issued.token.as_str()));
        assert_eq!(key.ends, Some(issued.expiration));
        assert!(key.caller.is_temporary());
    }

    #[test]
    fn a_fault_ends_tokens_before_the_time_that_was_told() {
        let after = Keys::new(false, Some(ExpiredToken::After(Duration::from_secs(2))));
        let (issued, key) = issue(&after);
        assert_eq!(key.ends.unwrap().as_second(), 2);
        assert_eq!(issued.expiration.as_second(), 3600);
        let first = Keys::new(false, Some(ExpiredToken::First));
        assert_eq!(issue(&first).1.ends.unwrap().as_second(), 0);
        assert_eq!(issue(&first).1.ends.unwrap().as_second(), 3600);
    }
}
