//! The flags that every command takes.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, ValueEnum};

use super::commands::Command;

/// Takes an FPGA engineer on Alibaba Cloud from a compiled file to a chip that is programmed and tested.
#[derive(Debug, Parser)]
#[command(name = "faascmd", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "`faascmd COMMAND --help` tells more. Exit codes: docs/exit-codes.md, or `faascmd explain 7`.

The old faascmd's commands, with its flags and its output (docs/from-faascmd.md):
  config          auth            list_policy     delete_policy
  list_objects    upload_object   get_object      delete_object
  create_image    list_images     delete_image    publish_image
  list_instances  download_image  fpga_status"
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Global flags, before or after the command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options (up to --output, each is also a variable FAASCMD_…)")]
pub(super) struct GlobalArgs {
    /// Region, such as cn-hangzhou
    #[arg(long, global = true, env = "FAASCMD_REGION", hide_env = true, value_name = "REGION")]
    pub(super) region: Option<String>,
    /// OSS bucket
    #[arg(long, global = true, env = "FAASCMD_BUCKET", hide_env = true, value_name = "BUCKET")]
    pub(super) bucket: Option<String>,
    /// FPGA instance; by default the one that this runs on
    #[arg(long, global = true, env = "FAASCMD_INSTANCE_ID", hide_env = true, value_name = "ID")]
    pub(super) instance_id: Option<String>,
    /// Role that the FaaS service assumes; by default the account's `AliyunFAASDefaultRole`
    #[arg(long, global = true, env = "FAASCMD_ROLE_ARN", hide_env = true, value_name = "ARN")]
    pub(super) role_arn: Option<String>,
    /// Local device: a node, a sysfs resource, a PCI address or a file [default: /dev/xdma0_user]
    #[arg(long, global = true, env = "FAASCMD_DEVICE", hide_env = true, value_name = "DEVICE")]
    pub(super) device: Option<String>,
    /// Credentials file [default: ~/.faascredentials]
    #[arg(long, global = true, env = "FAASCMD_CREDENTIALS_FILE", hide_env = true, value_name = "FILE")]
    pub(super) credentials_file: Option<PathBuf>,
    /// Where a service is: [oss|faas|ram|sts|ecs|metadata=]URL; without a name, all of them
    #[arg(
        long,
        global = true,
        env = "FAASCMD_ENDPOINT",
        hide_env = true,
        value_delimiter = ',',
        value_name = "[SERVICE=]URL"
    )]
    pub(super) endpoint: Vec<String>,
    /// How an OSS URL names the bucket: path is for an IP address, virtual for OSS itself
    #[arg(
        long,
        global = true,
        env = "FAASCMD_OSS_STYLE",
        hide_env = true,
        value_name = "STYLE",
        value_enum,
        default_value_t
    )]
    pub(super) oss_style: OssStyle,
    /// Signature for OSS; v1 is closed to new accounts and buckets
    #[arg(
        long,
        global = true,
        env = "FAASCMD_OSS_SIGNATURE",
        hide_env = true,
        value_name = "V",
        value_enum,
        default_value_t
    )]
    pub(super) oss_signature: OssSignature,
    /// Answer for people (tab-separated off a terminal) or as one JSON document
    #[arg(
        short,
        long,
        global = true,
        env = "FAASCMD_OUTPUT",
        hide_env = true,
        value_name = "FORM",
        value_enum,
        default_value_t
    )]
    pub(super) output: Format,
    /// Profile of the aliyun CLI's configuration
    #[arg(long, global = true, env = "FAASCMD_PROFILE", hide_env = true, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Say nothing but the answer and errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Say what is asked of whom (-v), with headers and retries (-vv), with bodies (-vvv)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colours; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(super) color: Color,
    /// Draw no progress bars
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    /// Ask nothing: yes to every question
    #[arg(long, global = true)]
    pub(super) yes: bool,
}

/// How the bucket is named in an OSS URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OssStyle {
    // Path for an IP address, else virtual-hosted
    #[default]
    Auto,
    // `https://BUCKET.oss-REGION.aliyuncs.com/KEY`
    Virtual,
    // `https://ENDPOINT/BUCKET/KEY`
    Path,
    // `https://DOMAIN/KEY`
    Cname,
}

/// Signature version for OSS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OssSignature {
    // OSS4-HMAC-SHA256
    #[default]
    V4,
    // HMAC-SHA1; closed to new accounts and buckets
    V1,
}

impl From<OssStyle> for crate::cloud::OssStyle {
    fn from(style: OssStyle) -> Self {
        match style {
            OssStyle::Auto => Self::Auto,
            OssStyle::Virtual => Self::Virtual,
            OssStyle::Path => Self::Path,
            OssStyle::Cname => Self::Cname,
        }
    }
}

impl From<OssSignature> for crate::cloud::OssSignature {
    fn from(signature: OssSignature) -> Self {
        match signature {
            OssSignature::V4 => Self::V4,
            OssSignature::V1 => Self::V1,
        }
    }
}

/// Form of the answer on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    // For people; tab-separated when stdout is not a terminal
    #[default]
    Human,
    // One JSON document
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    // On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    // Always
    Always,
    // Never
    Never,
}
