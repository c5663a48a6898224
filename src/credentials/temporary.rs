//! The JSON in which the cloud hands out temporary keys: STS, the instance's metadata, a credentials URI.

use serde_json::Value;

use crate::sign::Credential;

/// Reads `{"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}`.
///
/// # Errors
/// Names the field that is missing or unusable, never a value.
pub(super) fn read(value: &Value) -> Result<Credential, String> {
    // STS has no `Code`; the other two say `Success`.
    if value.get("Code").is_some_and(|code| code != "Success") {
        return Err("its answer is not `Code: Success`".to_owned());
    }
    let field = |name: &str| {
        let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| format!("its answer has no {name}"))
    };
    let credential = Credential::long_lived(field("AccessKeyId")?, field("AccessKeySecret")?);
    let mut credential = credential.with_token(field("SecurityToken")?);
    credential.expires = expiration(value.get("Expiration"))?;
    Ok(credential)
}

/// Reads a time such as `2017-06-09T09:17:19Z`; none is none.
///
/// # Errors
/// When it is there and no time.
pub(super) fn expiration(value: Option<&Value>) -> Result<Option<jiff::Timestamp>, String> {
    let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| "its expiration is not a time".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_a_whole_answer_and_names_what_is_missing() {
        let mut answer = json!({"Code": "Success", "AccessKeyId": "STS.i", "AccessKeySecret": "hunter2",
            "SecurityToken": "t", "Expiration": "2017-06-09T09:17:19Z"});
        let credential = read(&answer).unwrap();
        assert!(credential.is_temporary());
        assert_eq!(credential.expires.unwrap().to_string(), "2017-06-09T09:17:19Z");
        answer["SecurityToken"] = "".into();
        assert_eq!(read(&answer).unwrap_err(), "its answer has no SecurityToken");
        answer["Code"] = "NoPermission".into();
        assert!(read(&answer).unwrap_err().contains("Success"));
    }
}
