//! What the command line gives to the settings: flags and `FAASCMD_*`, told apart.

use super::args::GlobalArgs;
use crate::config::{ConfigError, Endpoints, Given, Source, Sourced};

impl GlobalArgs {
    /// The first layer of the settings.
    pub(super) fn given(&self) -> Result<Given, ConfigError> {
        let endpoint_source = source("--endpoint", "FAASCMD_ENDPOINT", &self.endpoint.join(","));
        Ok(Given {
            region: sourced(self.region.as_ref(), "--region", "FAASCMD_REGION"),
            bucket: sourced(self.bucket.as_ref(), "--bucket", "FAASCMD_BUCKET"),
            role_arn: sourced(self.role_arn.as_ref(), "--role-arn", "FAASCMD_ROLE_ARN"),
            instance_id: sourced(self.instance_id.as_ref(), "--instance-id", "FAASCMD_INSTANCE_ID"),
            profile: sourced(self.profile.as_ref(), "--profile", "FAASCMD_PROFILE"),
            credentials_file: self.credentials_file.clone(),
            endpoints: Endpoints::parse(&self.endpoint, &endpoint_source)?,
        })
    }
}

fn sourced(value: Option<&String>, flag: &'static str, variable: &'static str) -> Option<Sourced<String>> {
    value.map(|value| Sourced::new(value.clone(), source(flag, variable, value)))
}

/// clap hands over one value for both; it was the variable's when it is the same text.
fn source(flag: &'static str, variable: &'static str, value: &str) -> Source {
    let from_variable = std::env::var_os(variable).is_some_and(|text| text == value);
    if from_variable { Source::Variable(variable) } else { Source::Flag(flag) }
}
