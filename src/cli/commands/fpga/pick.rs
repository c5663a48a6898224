//! The flags that name a chip.

use clap::Args;

use crate::bitstream::Family;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::faas::{Chip, Faas, Image};
use crate::ops::chip::{self, Wanted};

// Which chip; shared by the commands about one. (A doc comment would become that of each command.)
#[derive(Clone, Debug, Args)]
pub(super) struct PickArgs {
    /// Chip, by UUID or by its number in `faascmd fpga ls` [default: the only one that fits]
    #[arg(long, value_name = "UUID|INDEX")]
    fpga: Option<String>,
    /// Type of chip
    #[arg(long, value_enum, value_name = "TYPE")]
    fpga_type: Option<Family>,
}

/// A chip and its instance.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) instance_id: String,
    pub(super) chip: Chip,
}

impl PickArgs {
    /// The chip that was named, or the only one that fits.
    pub(super) async fn pick(
        &self,
        cx: &Context,
        faas: &Faas,
        image: Option<&Image>,
    ) -> Result<Picked, Failure> {
        let instance_id = cx.instance_id().await?;
        let chips = faas.chips(&instance_id).await?.view;
        let wanted = Wanted { named: self.fpga.as_deref(), family: self.fpga_type, image };
        let chip = chip::choose(&chips, &instance_id, &wanted).map_err(crate::ops::Error::from)?.clone();
        Ok(Picked { instance_id, chip })
    }
}
