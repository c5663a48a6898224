//! The flags that say what image is to be made.

use clap::Args;

use crate::bitstream::Family;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ops::prepare::ImageSpec;

// What image is to be made; shared by `deploy` and `image create`. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(in crate::cli::commands) struct MakeArgs {
    /// Name of the image
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Tags of the image
    #[arg(long, value_name = "TEXT")]
    tags: Option<String>,
    /// Description of the image
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Shell to make the image for [default: the chip's; for Intel that of the newest successful image]
    #[arg(long, value_name = "SHELL")]
    shell: Option<String>,
    /// Chip, by UUID or by its number in `faascmd fpga ls` [default: the one that fits]
    #[arg(long, value_name = "UUID|INDEX")]
    fpga: Option<String>,
    /// Type of chip [default: what the file is for]
    #[arg(long, value_enum, value_name = "TYPE")]
    fpga_type: Option<Family>,
    /// Encrypt the image with a key of the key service
    #[arg(long, requires = "kms_key")]
    encrypt: bool,
    /// Key of the key service (KMS) to encrypt with
    #[arg(long, value_name = "ID", requires = "encrypt")]
    kms_key: Option<String>,
}

impl MakeArgs {
    /// The instance, where a chip of it was named or may tell its shell.
    pub(in crate::cli::commands) async fn instance_id(
        &self,
        cx: &Context,
    ) -> Result<Option<String>, Failure> {
        match (&self.fpga, &self.shell) {
            (Some(_), _) => cx.instance_id().await.map(Some),
            (None, None) => Ok(cx.instance_id().await.ok()),
            (None, Some(_)) => Ok(None),
        }
    }

    /// The image that is wanted.
    pub(in crate::cli::commands) fn spec(&self) -> ImageSpec {
        ImageSpec {
            name: self.name.clone(),
            description: self.description.clone(),
            tags: self.tags.clone(),
            shell: self.shell.clone(),
            family: self.fpga_type,
            fpga: self.fpga.clone(),
            kms_key: self.kms_key.clone(),
        }
    }
}
