//! The clients and the deadline that a command of the road works with.

use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::device::roots;
use super::error::Failure;
use super::route::RouteArgs;
use crate::base::progress::Progress;
use crate::device::{Roots, driver_in_use};
use crate::faas::Faas;
use crate::ops::wait::Deadline;
use crate::oss::Oss;

impl Context {
    /// Images and chips.
    pub(super) async fn faas(&self) -> Result<Faas, Failure> {
        let role = self.settings()?.role_arn().map(|role| role.value.clone());
        Ok(Faas::new(self.cloud().await?.clone(), role))
    }

    /// The bucket, by the endpoint that suits this machine.
    pub(super) async fn oss(&self) -> Result<Oss, Failure> {
        RouteArgs::default().oss(self).await
    }

    /// Deadline for so long from now, told of on stderr.
    pub(super) async fn deadline(&self, timeout: Duration) -> Result<Deadline, Failure> {
        let progress = self.cloud().await?.progress().clone();
        self.deadline_told_to(timeout, progress)
    }

    /// The same, told of to somebody else.
    pub(super) fn deadline_told_to(
        &self,
        timeout: Duration,
        progress: Arc<dyn Progress>,
    ) -> Result<Deadline, Failure> {
        Ok(Deadline::new(timeout, self.cancel()?, progress))
    }

    /// This machine's devices if an FPGA driver holds one of them and the instance is this machine. The metadata
    /// service is asked only where there is such a driver.
    pub(super) async fn drivers_of(&self, instance_id: &str) -> Result<Option<Roots>, Failure> {
        let roots = roots();
        if driver_in_use(&roots).is_none() {
            return Ok(None);
        }
        let own = self.metadata()?.get("meta-data/instance-id").await.ok().flatten();
        Ok((own.as_deref() == Some(instance_id)).then_some(roots))
    }
}
