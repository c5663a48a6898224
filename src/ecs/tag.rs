//! Tags: how things are found again.

use super::page::Pages;
use super::{Ecs, action};
use crate::cloud::{Fields, Result};

/// The most resources that one call takes.
const MOST_RESOURCES: usize = 50;

impl Ecs {
    /// Puts tags on instances (`TagResources`).
    ///
    /// # Errors
    /// When a call fails.
    pub async fn tag_instances(&self, ids: &[String], tags: &[(String, String)]) -> Result<()> {
        for some in ids.chunks(MOST_RESOURCES) {
            let call = action("TagResources")
                .with("ResourceType", "instance")
                .with_list("ResourceId", some)
                .with_tags("Tag", tags);
            self.done(&call).await?;
        }
        Ok(())
    }

    /// The ids of the instances with a tag (`ListTagResources`), however many they are.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn tagged_instances(&self, key: &str, value: &str) -> Result<Vec<String>> {
        let call = action("ListTagResources")
            .with("ResourceType", "instance")
            .with("Tag.1.Key", key)
            .with("Tag.1.Value", value);
        let pages = Pages::of("TagResources", "TagResource", 50);
        let mut ids =
            self.by_token(&call, pages, |mut tag: Fields| tag.text("ResourceId").unwrap_or_default()).await?;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}
