//! Putting a small file on instances.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::command::invoke_id;
use super::page::Pages;
use super::result::CommandResult;
use super::{Ecs, action};
use crate::cloud::{Answered, Fields, Result};

/// The largest file in bytes: 32 KiB of Base64.
pub const LARGEST_FILE: usize = 24_000;

/// A file to be put on instances.
#[derive(Clone, Debug, Default)]
pub struct FileOrder {
    /// Its name.
    pub name: String,
    /// The folder, which is made if it is not there.
    pub folder: String,
    /// What is in it; an empty file is refused.
    pub content: Vec<u8>,
    /// `0644`.
    pub mode: String,
    /// On which instances, at most 50.
    pub instance_ids: Vec<String>,
    /// After so many seconds it is given up, 10 at least.
    pub timeout_seconds: u32,
}

/// What became of a file on one instance: the same words as for a command.
pub type FileResult = CommandResult;

impl Ecs {
    /// Puts a file on instances, over one that is there (`SendFile`), and gives the id to ask for results by. The token
    /// makes a repetition harmless.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn send_file(&self, order: &FileOrder, token: &str) -> Result<Answered<String>> {
        let call = action("SendFile")
            .with("Name", &order.name)
            .with("TargetDir", &order.folder)
            .with("ContentType", "Base64")
            .with("FileMode", &order.mode)
            .with("Overwrite", "true")
            .with("Timeout", order.timeout_seconds.to_string())
            .with_list("InstanceId", &order.instance_ids)
            .with("ClientToken", token)
            .with_form("Content", BASE64.encode(&order.content));
        self.call(&call, |answer| invoke_id(&answer.raw)).await
    }

    /// What became of a file on each instance (`DescribeSendFileResults`). Right after it was sent the list may be empty.
    ///
    /// # Errors
    /// When a call fails, or an answer has no list.
    pub async fn file_results(&self, invoke_id: &str) -> Result<Vec<FileResult>> {
        let call = action("DescribeSendFileResults").with("InvokeId", invoke_id);
        let pages = Pages::of("Invocations", "Invocation", 50);
        let of_instances = |file: Fields| {
            let rows = file.items("InvokeInstances", "InvokeInstance");
            rows.into_iter().map(CommandResult::read).collect::<Vec<_>>()
        };
        Ok(self.by_token(&call, pages, of_instances).await?.into_iter().flatten().collect())
    }
}
