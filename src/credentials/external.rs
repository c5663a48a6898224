//! A program that prints a key (mode `External` of the aliyun CLI): started without a shell, 60 s at most.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::SourceConfig;
use super::temporary::expiration;
use crate::config::environment::{
    ACCESS_KEY_ID, ACCESS_KEY_SECRET, DISABLE_EXTERNAL_PROCESS, SECURITY_TOKEN,
};
use crate::sign::Credential;

const LIMIT: Duration = Duration::from_secs(60);

/// Runs the command and reads `{"mode", "access_key_id", "access_key_secret", "sts_token", "expiration"}` from its
/// stdout.
///
/// # Errors
/// Says what is wrong with the command or its output; never shows the output.
pub(super) async fn run(config: &SourceConfig, command: &str) -> Result<Credential, String> {
    if config.environment.is_on(DISABLE_EXTERNAL_PROCESS) {
        return Err(format!("its process_command is not run: {DISABLE_EXTERNAL_PROCESS} is set"));
    }
    let words = shlex::split(command).filter(|words| !words.is_empty());
    let words = words.ok_or("its process_command has an open quote, or is empty")?;
    let program = &words[0];
    let mut child = Command::new(program);
    child.args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    // It is asked for a key because these are not to be used.
    for name in [ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN] {
        child.env_remove(name);
    }
    let output = match tokio::time::timeout(LIMIT, child.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(e)) => return Err(format!("can't run `{program}`: {e}")),
        Err(_) => return Err(format!("`{program}` took longer than {} s", LIMIT.as_secs())),
    };
    if !output.status.success() {
        return Err(format!("`{program}` failed: {}", output.status));
    }
    read(&output.stdout).map_err(|reason| format!("`{program}`: {reason}"))
}

fn read(stdout: &[u8]) -> Result<Credential, String> {
    let value: Value = serde_json::from_slice(stdout).map_err(|_| "its output is not JSON".to_owned())?;
    let field = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let need = |name: &str| field(name).ok_or_else(|| format!("its output has no {name}"));
    let credential = Credential::long_lived(need("access_key_id")?, need("access_key_secret")?);
    match field("mode").unwrap_or_default().to_ascii_lowercase().as_str() {
        "ak" => Ok(credential),
        "ststoken" => {
            let mut credential = credential.with_token(need("sts_token")?);
            credential.expires = expiration(value.get("expiration"))?;
            Ok(credential)
        }
        _ => Err("its output must have the mode AK or StsToken".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_modes_and_shows_no_output() {
        let key = read(br#"{"mode":"AK","access_key_id":"i","access_key_secret":"s"}"#).unwrap();
        assert!(!key.is_temporary());
        let sts = br#"{"mode":"StsToken","access_key_id":"i","access_key_secret":"hunter2"}"#;
        assert_eq!(read(sts).unwrap_err(), "its output has no sts_token");
        assert!(!read(b"hunter2").unwrap_err().contains("hunter2"));
        assert!(read(br#"{"access_key_id":"i","access_key_secret":"s"}"#).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_does_not_end_is_ended() {
        let began = tokio::time::Instant::now();
        let error = run(&SourceConfig::alone(), "sleep 1000").await.unwrap_err();
        assert_eq!(error, "`sleep` took longer than 60 s");
        assert_eq!(began.elapsed(), LIMIT);
    }
}
