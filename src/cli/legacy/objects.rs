//! `list_objects`, `upload_object` and `delete_object`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answer::{Form, Said};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ops::upload::{UploadRequest, upload};
use crate::oss::Oss;

async fn oss(cx: &Context) -> Result<Oss, Failure> {
    Ok(Oss::new(cx.cloud().await?.clone(), cx.bucket()?))
}

/// List the keys of the bucket, one a line
#[derive(Debug, Args)]
pub(in crate::cli) struct ListObjects {}

impl ListObjects {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let oss = oss(cx).await?;
        let (mut keys, mut from) = (Vec::new(), None);
        loop {
            let page = oss.list("", None, from.as_deref()).await?;
            keys.extend(page.objects.into_iter().map(|object| object.key));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        Ok(Said { answer: json!({"Bucket": oss.bucket(), "Objects": keys}), lines: keys, form: Form::Lines })
    }
}

/// Upload a file into the bucket
#[derive(Debug, Args)]
pub(in crate::cli) struct UploadObject {
    /// Key that the object gets; by default the file's name
    #[arg(long, value_name = "KEY")]
    object: Option<String>,
    /// File to upload
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl UploadObject {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let key = match &self.object {
            Some(key) => key.clone(),
            None => name_of(&self.file)?,
        };
        let cancel = cx.cancel()?;
        let done = upload(&oss(cx).await?, &UploadRequest::new(&self.file, key), &cancel).await?;
        Ok(json!({"Bucket": done.bucket, "Object": done.key, "Size": done.size, "Crc64": done.crc64.to_string()})
            .into())
    }
}

fn name_of(file: &Path) -> Result<String, Failure> {
    let name = file.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    name.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{} has no name that a key can be", file.display()))
            .hint("add --object=KEY")
    })
}

/// Delete an object
#[derive(Debug, Args)]
pub(in crate::cli) struct DeleteObject {
    /// Key of the object
    #[arg(long, value_name = "KEY")]
    object: String,
}

impl DeleteObject {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let oss = oss(cx).await?;
        oss.delete(&self.object).await?;
        Ok(json!({"Bucket": oss.bucket(), "Object": self.object}).into())
    }
}
