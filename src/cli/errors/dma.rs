//! Transfers of the card's memory that did not come about.

use crate::cli::Exit;
use crate::cli::error::Failure;
use crate::device::DeviceError;
use crate::dma::DmaError;

impl From<DmaError> for Failure {
    fn from(error: DmaError) -> Self {
        let (engine, refusal) = (error.is_engine(), error.is_refusal());
        let message = error.to_string();
        match error {
            DmaError::Device(error) => error.into(),
            DmaError::End { .. } => {
                Self::new(Exit::Usage, message).hint("address and length must be within the card's memory")
            }
            DmaError::Transfer { .. } if engine => Self::new(Exit::NoDevice, message)
                .hint("what the driver says: dmesg | grep xdma")
                .hint(
                    "an engine that hangs comes back with the driver: sudo rmmod xdma && sudo modprobe xdma",
                )
                .hint("if not, load the image again: faascmd fpga load IMAGE_UUID --force"),
            DmaError::Transfer { .. } if refusal => Self::new(Exit::NoDevice, message)
                .hint("the engine may want address and length to be multiples of its data width, such as 64")
                .hint("`faascmd dma info` tells the channels' kinds"),
            DmaError::Stream { .. } => {
                Self::new(Exit::NoDevice, message).hint("`faascmd dma info` lists the channels' kinds")
            }
            DmaError::Transfer { .. } | DmaError::Faults { .. } => Self::new(Exit::NoDevice, message),
        }
    }
}

impl Failure {
    /// The same, of a lock, for commands that have the flag `--no-lock`.
    pub(in crate::cli) fn of_dma_lock(error: DmaError) -> Self {
        match error {
            DmaError::Device(error @ DeviceError::Locked { .. }) => Self::of_locking(error),
            error => error.into(),
        }
    }
}
