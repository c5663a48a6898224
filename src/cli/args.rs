//! The flags that several commands take.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, ColorChoice, ValueEnum};

use crate::bitstream::Family;
use crate::cloud::{OssSignature, OssStyle};
use crate::config::{ConfigError, Endpoints, Given, Origin, Sourced};
use crate::ops::oss_endpoint::EndpointType;

/// Global flags, before or after the command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options (up to --profile, each is also a variable FAASCMD_…)")]
pub(super) struct GlobalArgs {
    /// Region, such as cn-hangzhou
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_REGION",
        hide_env = true,
        value_name = "REGION"
    )]
    pub(super) region: Option<String>,
    /// OSS bucket
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_BUCKET",
        hide_env = true,
        value_name = "BUCKET"
    )]
    pub(super) bucket: Option<String>,
    /// FPGA instance; by default the one that this runs on
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_INSTANCE_ID",
        hide_env = true,
        value_name = "ID"
    )]
    pub(super) instance_id: Option<String>,
    /// Role that the FaaS service assumes; by default the account's `AliyunFAASDefaultRole`
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_ROLE_ARN",
        hide_env = true,
        value_name = "ARN"
    )]
    pub(super) role_arn: Option<String>,
    /// Local device: a node, a sysfs resource, a PCI address or a file [default: /dev/xdma0_user]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_DEVICE",
        hide_env = true,
        value_name = "DEVICE"
    )]
    pub(super) device: Option<String>,
    /// Credentials file [default: ~/.faascredentials]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_CREDENTIALS_FILE",
        hide_env = true,
        value_name = "FILE"
    )]
    pub(super) credentials_file: Option<PathBuf>,
    /// Where a service is: [oss|faas|ram|sts|ecs|metadata=]URL; without a name, all of them
    #[arg(
        long,
        global = true,
        hide_short_help = true,
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
        hide_short_help = true,
        env = "FAASCMD_OSS_STYLE",
        hide_env = true,
        value_name = "STYLE",
        value_enum,
        default_value = "auto"
    )]
    pub(super) oss_style: OssStyle,
    /// Signature for OSS; v1 is closed to new accounts and buckets
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_OSS_SIGNATURE",
        hide_env = true,
        value_name = "V",
        value_enum,
        default_value = "v4"
    )]
    pub(super) oss_signature: OssSignature,
    /// Answer for people (tab-separated off a terminal) or as one JSON document
    #[arg(
        short,
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_OUTPUT",
        hide_env = true,
        value_name = "FORM",
        value_enum,
        default_value_t
    )]
    pub(super) output: Format,
    /// Profile of the aliyun CLI's configuration
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "FAASCMD_PROFILE",
        hide_env = true,
        value_name = "NAME"
    )]
    pub(super) profile: Option<String>,
    /// Say nothing but the answer and errors
    #[arg(short, long, global = true, hide_short_help = true)]
    pub(super) quiet: bool,
    /// Say what is asked of whom (-v), with headers and retries (-vv), with bodies (-vvv)
    #[arg(short, long, global = true, hide_short_help = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colours; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, hide_short_help = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(super) color: ColorChoice,
    /// Allow an http endpoint on another machine: what is sent there can be read and altered on its way
    #[arg(long, global = true, hide_short_help = true)]
    pub(super) insecure_http: bool,
    /// Draw no progress bars
    #[arg(long, global = true, hide_short_help = true)]
    pub(super) no_progress: bool,
    /// Ask nothing: yes to every question
    #[arg(long, global = true, hide_short_help = true)]
    pub(super) yes: bool,
    /// Print help; `faascmd help options` tells of the options that every command takes
    #[arg(short, long, global = true, action = ArgAction::Help, help_heading = "Options")]
    help: Option<bool>,
    /// Flags whose value a variable gave.
    #[arg(skip)]
    pub(super) from_variables: Vec<String>,
}

impl GlobalArgs {
    /// The flags whose value a variable gave: a value alone does not tell.
    pub(super) fn from_variables(matches: &ArgMatches) -> Vec<String> {
        let flags =
            ["region", "bucket", "role_arn", "instance_id", "profile", "endpoint", "credentials_file"];
        let from_variable = |id: &&str| matches.value_source(id) == Some(ValueSource::EnvVariable);
        let flag = |id: &str| format!("--{}", id.replace('_', "-"));
        flags.into_iter().filter(from_variable).map(flag).collect()
    }

    /// The first layer of the settings.
    pub(super) fn given(&self, makes_credentials_file: bool) -> Result<Given, ConfigError> {
        let endpoint_source = self.source("--endpoint", "FAASCMD_ENDPOINT");
        Ok(Given {
            region: self.sourced(self.region.as_ref(), "--region", "FAASCMD_REGION"),
            bucket: self.sourced(self.bucket.as_ref(), "--bucket", "FAASCMD_BUCKET"),
            role_arn: self.sourced(self.role_arn.as_ref(), "--role-arn", "FAASCMD_ROLE_ARN"),
            instance_id: self.sourced(self.instance_id.as_ref(), "--instance-id", "FAASCMD_INSTANCE_ID"),
            profile: self.sourced(self.profile.as_ref(), "--profile", "FAASCMD_PROFILE"),
            credentials_file: self.credentials_file.as_ref().map(|path| {
                Sourced::new(path.clone(), self.source("--credentials-file", "FAASCMD_CREDENTIALS_FILE"))
            }),
            endpoints: Endpoints::parse(&self.endpoint, &endpoint_source)?,
            insecure_http: self.insecure_http,
            makes_credentials_file,
        })
    }

    fn sourced(
        &self,
        value: Option<&String>,
        flag: &'static str,
        variable: &'static str,
    ) -> Option<Sourced<String>> {
        value.map(|value| Sourced::new(value.clone(), self.source(flag, variable)))
    }

    fn source(&self, flag: &'static str, variable: &'static str) -> Origin {
        let from_variable = self.from_variables.iter().any(|other| other == flag);
        if from_variable { Origin::Variable(variable) } else { Origin::Flag(flag) }
    }
}

// Flags of commands that move objects. (A doc comment would become that of each command.)
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct EndpointArgs {
    /// Which of OSS's endpoints: auto takes the internal one on an instance of the bucket's region
    #[arg(
        long,
        env = "FAASCMD_ENDPOINT_TYPE",
        hide_env = true,
        value_name = "TYPE",
        value_enum,
        default_value = "auto"
    )]
    pub(super) endpoint_type: EndpointType,
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

/// The words of a flag for values that a lower floor defines.
macro_rules! words {
    ($($type:ident: $($value:ident = $word:literal $(| $other:literal)? $($help:literal)?),+;)+) => {$(
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$value),+]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(match self {
                    $(Self::$value => PossibleValue::new($word)$(.alias($other))?$(.help($help))?),+
                })
            }
        }
    )+};
}

words! {
    OssStyle: Auto = "auto", Virtual = "virtual", Path = "path", Cname = "cname";
    OssSignature: V4 = "v4", V1 = "v1";
    // What an empty variable says.
    EndpointType: Auto = "auto" | "", Public = "public", Internal = "internal", Accelerate = "accelerate";
    Family: Intel = "intel" "f1", Xilinx = "xilinx" "f2 and f3";
}
