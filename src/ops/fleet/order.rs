//! Ordering instances so that none is made twice.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::state::{KeptOrder, Orders, VISIBLE};
use super::{FLEET_TAG, ORDER_TAG, Services};
use crate::ecs::{Instance, InstanceFilter, InstanceOrder};
use crate::ops::Result;

/// How long the service certainly remembers a token; the documents do not say, so it is not counted on for longer.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(1);

/// Orders instances: written down, sent, answered.
///
/// # Errors
/// The service's refusal. After an error that may have happened the order stays on disk.
pub(super) async fn place(
    services: Services<'_>,
    orders: &mut Orders,
    mut order: InstanceOrder,
    fleet: &str,
) -> Result<Vec<String>> {
    let token = token_of(services.ecs.cloud().clock().now());
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    order.tags.extend([tag(FLEET_TAG, fleet), tag(ORDER_TAG, &token)]);
    let kept = KeptOrder { token, asked: Timestamp::now(), order };
    orders.keep(kept.clone())?;
    send(services, orders, &kept).await
}

/// A token that nobody else has; of two the later one sorts behind the other, whichever machine it is of.
fn token_of(now: Timestamp) -> String {
    format!("{}-{}", now.strftime("%Y%m%dT%H%M%S%.3f"), uuid::Uuid::new_v4().simple())
}

async fn send(services: Services<'_>, orders: &mut Orders, kept: &KeptOrder) -> Result<Vec<String>> {
    match services.ecs.run_instances(&kept.order, &kept.token).await {
        Ok(launched) => {
            orders.made(&kept.token, &launched.view.ids)?;
            Ok(launched.view.ids)
        }
        Err(error) => {
            if !error.may_have_happened() {
                orders.answered(&kept.token)?;
            }
            Err(error.into())
        }
    }
}

/// Finds out what became of orders whose answers were lost, and gives the ids of what they made, and of what else was
/// made so lately that it may be missing from the lists.
///
/// An order that made something is sent again with its token, which gives all its ids and makes nothing. One of which
/// nothing is to be seen was never carried out, once a minute has passed; `wanted` says whether it may be sent again
/// instead, for it is what would be ordered now.
///
/// # Errors
/// When a call fails.
pub(super) async fn settle(
    services: Services<'_>,
    orders: &mut Orders,
    wanted: impl Fn(&InstanceOrder) -> bool,
) -> Result<BTreeSet<String>> {
    let mut ids = orders.promised();
    for kept in orders.unanswered() {
        let young = Timestamp::now().duration_since(kept.asked) < TOKEN_LIVES;
        let made = made_by(services, &kept).await?;
        if young && (!made.is_empty() || wanted(&kept.order)) {
            services.note(format!("an order of {} was cut off; asking what became of it", kept.order.amount));
            ids.extend(send(services, orders, &kept).await?);
            continue;
        }
        let made = if made.is_empty() { later(services, &kept).await? } else { made };
        ids.extend(made.into_iter().map(|instance| instance.id));
        orders.answered(&kept.token)?;
    }
    Ok(ids)
}

async fn made_by(services: Services<'_>, kept: &KeptOrder) -> Result<Vec<Instance>> {
    let filter = InstanceFilter::Tag(ORDER_TAG.into(), Some(kept.token.clone()));
    Ok(services.ecs.instances(&filter).await?)
}

/// What is to be seen of an order once all that it made must be.
async fn later(services: Services<'_>, kept: &KeptOrder) -> Result<Vec<Instance>> {
    let age = Timestamp::now().duration_since(kept.asked);
    let wait = Duration::try_from(VISIBLE - age).unwrap_or_default();
    if !wait.is_zero() {
        let seconds = wait.as_secs();
        services.note(format!("an order was cut off; looking for {seconds} s whether it was carried out"));
    }
    let look = async {
        tokio::time::sleep(wait).await;
        made_by(services, kept).await
    };
    services.deadline.unless_cancelled(look).await
}
