//! The flags that say what image is to be made.

use clap::Args;

use crate::bitstream::Family;

/// What image is to be made; shared by `deploy` and `image create`.
#[derive(Clone, Debug, Args)]
pub(in crate::cli::commands) struct MakeArgs {
    /// Name of the image
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli::commands) name: Option<String>,
    /// Tags of the image
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli::commands) tags: Option<String>,
    /// Description of the image
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli::commands) description: Option<String>,
    /// Shell to make the image for [default: the chip's; for Intel that of the newest successful image]
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli::commands) shell: Option<String>,
    /// Chip, by UUID or by its number in `faascmd fpga ls` [default: the one that fits]
    #[arg(long, value_name = "UUID|INDEX")]
    pub(in crate::cli::commands) fpga: Option<String>,
    /// Type of chip [default: what the file is for]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(in crate::cli::commands) fpga_type: Option<Family>,
    /// Encrypt the image with a key of the key service
    #[arg(long, requires = "kms_key")]
    pub(in crate::cli::commands) encrypt: bool,
    /// Key of the key service (KMS) to encrypt with
    #[arg(long, value_name = "ID", requires = "encrypt")]
    pub(in crate::cli::commands) kms_key: Option<String>,
}
