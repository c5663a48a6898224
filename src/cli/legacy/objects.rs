//! `list_objects`, `upload_object`, `get_object` and `delete_object`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::answer::{self, Form, Said, agreed};
use crate::cli::args::EndpointArgs;
use crate::cli::commands::object::{file_of, name_of};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::ops::download::{DownloadRequest, Downloaded, download};
use crate::ops::upload::{UploadRequest, Uploaded, upload};

/// List the keys of the bucket, one a line
#[derive(Debug, Args)]
pub(in crate::cli) struct ListObjects {
    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl ListObjects {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let oss = cx.oss_by(self.endpoint).await?;
        let (mut keys, mut from) = (Vec::new(), None);
        loop {
            let page = oss.list("", None, from.as_ref()).await?;
            keys.extend(page.objects.into_iter().map(|object| object.key));
            from = page.next;
            if !cx.ui.is_json() {
                answer::print_lines(cx, &std::mem::take(&mut keys))?;
            }
            if from.is_none() {
                break;
            }
        }
        Ok(Said {
            answer: json!({"Bucket": oss.bucket(), "Objects": keys}),
            form: Form::Lines,
            lines: Vec::new(),
        })
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
    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl UploadObject {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let name = || name_of(&self.file.to_string_lossy()).to_owned();
        let request = UploadRequest::new(&self.file, self.object.clone().unwrap_or_else(name));
        let Uploaded { bucket, key, size, crc64, .. } =
            upload(&cx.oss_by(self.endpoint).await?, &request, &cx.cancel()?).await?;
        Ok(json!({"Bucket": bucket, "Object": key, "Size": size, "Crc64": crc64.to_string()}).into())
    }
}

/// Download an object
#[derive(Debug, Args)]
pub(in crate::cli) struct GetObject {
    /// Key of the object
    #[arg(long, value_name = "KEY")]
    object: String,
    /// File or folder to write to; by default the key's last part, in the current folder
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl GetObject {
    pub(super) async fn run(&self, cx: &Context) -> Result<Said, Failure> {
        let file = file_of(&self.object, self.file.as_deref())?;
        let request = DownloadRequest {
            key: self.object.clone(),
            file: file.clone(),
            part_size: None,
            jobs: None,
            keep_existing: false,
        };
        let Downloaded { bucket, key, size, crc64, .. } =
            download(&cx.oss_by(self.endpoint).await?, &request, &cx.cancel()?).await?;
        let (crc64, file) = (crc64.to_string(), file.to_string_lossy());
        Ok(json!({"Bucket": bucket, "Object": key, "Size": size, "Crc64": crc64, "File": file}).into())
    }
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
        let oss = cx.oss().await?;
        agreed(cx, &format!("Delete oss://{}/{}?", oss.bucket(), self.object))?;
        oss.delete(&self.object).await?;
        Ok(json!({"Bucket": oss.bucket(), "Object": self.object}).into())
    }
}
