//! `faascmd object url`: a presigned URL, for whoever has no key.

use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::address::Address;
use crate::base::duration::{NotADuration, duration, spent};
use crate::cli::args::EndpointArgs;
use crate::cli::context::Context;
use crate::cli::error::Outcome;
use crate::cli::output::{Page, Report};
use crate::ops::oss_endpoint::EndpointType;
use crate::oss::PresignedUrl;

/// The longest that the service takes (OSS document "Include a V4 signature in a URL").
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// Print a URL by which anybody reads or writes one object until it expires; nothing is sent
///
/// Whoever has the URL can use it: it is a secret for as long as it is valid. With a temporary key it ends with the key.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  curl -fO \"$(faascmd object url builds/7/bit.tar.gz)\"
  curl -fT bit.tar.gz \"$(faascmd object url oss://my-bucket/in/bit.tar.gz --method put --expires 10m)\"")]
pub(super) struct UrlArgs {
    /// The object: its key, or oss://BUCKET/KEY
    #[arg(value_name = "KEY")]
    object: Address,
    /// How long it is valid, 7d at most
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = expires)]
    expires: Duration,
    /// What it allows
    #[arg(long, value_name = "METHOD", value_enum, default_value_t)]
    method: Method,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Method {
    #[default]
    Get,
    Put,
}

fn expires(text: &str) -> Result<Duration, String> {
    let time = duration(text).map_err(|e: NotADuration| e.to_string())?;
    let allowed = Duration::from_secs(1)..=LONGEST;
    if allowed.contains(&time) { Ok(time) } else { Err("1s to 7d".to_owned()) }
}

/// Runs it.
pub(super) fn run(args: &UrlArgs, cx: &Context) -> Outcome {
    let key = args.object.of_object()?.key.clone();
    let method = match args.method {
        Method::Get => "GET",
        Method::Put => "PUT",
    };
    let signed = cx.block_on(async {
        // Whoever gets the URL may be anywhere: no endpoint that only this machine reaches.
        let endpoint = match args.endpoint.endpoint_type {
            EndpointType::Auto => EndpointArgs { endpoint_type: EndpointType::Public },
            _ => args.endpoint,
        };
        let oss = args.object.oss(cx, endpoint).await?;
        let url = oss.presigned(method, &key, args.expires).await?;
        Ok((url, oss.bucket().to_owned()))
    });
    let (PresignedUrl { url, expires, ends_with_key }, bucket) = signed?;
    if ends_with_key {
        let left = expires.duration_since(Timestamp::now()).unsigned_abs();
        cx.ui.warn(&format!("the key that signs is temporary: the URL ends with it, in {}", spent(left)));
    }
    cx.ui.print(&Url { url, method, bucket, key, expires })
}

#[derive(Debug, Serialize)]
struct Url {
    url: String,
    method: &'static str,
    bucket: String,
    key: String,
    expires: Timestamp,
}

impl Report for Url {
    const SCHEMA: &'static str = "faascmd.object.url/1";

    fn human(&self, page: &mut Page) {
        page.line(&self.url);
    }
}
