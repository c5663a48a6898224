//! The clients and the deadline that a command of the road works with.

use std::sync::Arc;
use std::time::Duration;

use super::Context;
use super::roots;
use crate::base::duration::duration;
use crate::base::progress::Progress;
use crate::cli::Exit;
use crate::cli::args::EndpointArgs;
use crate::cli::error::Failure;
use crate::config::{Name, Origin};
use crate::device::{Roots, driver_in_use};
use crate::ecs::Ecs;
use crate::faas::Faas;
use crate::ops::order;
use crate::ops::oss_endpoint;
use crate::ops::wait::Deadline;
use crate::oss::Oss;

/// How long an order without an answer may still arrive.
const ORDER_LIFE: &str = "FAASCMD_ORDER_LIFE";

impl Context {
    /// Images and chips.
    pub(in crate::cli) async fn faas(&self) -> Result<Faas, Failure> {
        let role = self.settings()?.role_arn().map(|role| role.value.clone());
        Ok(Faas::new(self.cloud().await?.clone(), role))
    }

    /// Instances and commands on them.
    pub(in crate::cli) async fn ecs(&self) -> Result<Ecs, Failure> {
        Ok(Ecs::new(self.cloud().await?.clone()))
    }

    /// The bucket, by the endpoint that suits this machine.
    pub(in crate::cli) async fn oss(&self) -> Result<Oss, Failure> {
        self.oss_by(EndpointArgs::default()).await
    }

    /// The bucket, by the endpoint that the flags ask for.
    pub(in crate::cli) async fn oss_by(&self, flags: EndpointArgs) -> Result<Oss, Failure> {
        self.oss_of(self.bucket()?, flags).await
    }

    /// A bucket that was named beside the command, by the endpoint that the flags ask for.
    pub(in crate::cli) async fn oss_of(&self, bucket: &str, flags: EndpointArgs) -> Result<Oss, Failure> {
        Name::Bucket.check_from(bucket, &Origin::Flag("oss://"))?;
        let cloud = self.cloud().await?;
        let endpoint = oss_endpoint::choose(cloud, bucket, flags.endpoint_type, self.metadata()?).await;
        Ok(Oss::new(cloud.clone(), bucket).at(endpoint))
    }

    /// Deadline for so long from now, told of on stderr.
    pub(in crate::cli) async fn deadline(&self, timeout: Duration) -> Result<Deadline, Failure> {
        let progress = self.cloud().await?.progress().clone();
        self.deadline_told_to(timeout, progress)
    }

    /// The same, told of to somebody else.
    pub(in crate::cli) fn deadline_told_to(
        &self,
        timeout: Duration,
        progress: Arc<dyn Progress>,
    ) -> Result<Deadline, Failure> {
        Ok(Deadline::new(timeout, self.cancel()?, progress))
    }

    /// How long an order without an answer is looked for before it is given again.
    pub(in crate::cli) fn order_life(&self) -> Result<Duration, Failure> {
        let given = self.settings()?.environment().get(ORDER_LIFE);
        given.map_or(Ok(order::ORDER_LIFE), |text| {
            duration(text).map_err(|why| Failure::new(Exit::Usage, format!("{ORDER_LIFE}: {why}")))
        })
    }

    /// This machine's devices if an FPGA driver holds one of them and the instance is this machine. The metadata
    /// service is asked only where there is such a driver.
    pub(in crate::cli) async fn drivers_of(&self, instance_id: &str) -> Result<Option<Roots>, Failure> {
        let roots = roots();
        if driver_in_use(&roots).is_none() {
            return Ok(None);
        }
        Ok(self.is_this_machine(instance_id).await?.then_some(roots))
    }

    /// Whether the instance is the one that this runs on.
    pub(in crate::cli) async fn is_this_machine(&self, instance_id: &str) -> Result<bool, Failure> {
        let own = self.metadata()?.get("meta-data/instance-id").await.ok().flatten();
        Ok(own.as_deref() == Some(instance_id))
    }
}
