//! Files of the hosts: each puts its own into the bucket, under a URL of its own, and from there it comes here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::agent::{CURL, URL, URL_LIFE, internal};
use super::run::{RunRequest, judge_command, run};
use super::target::Target;
use super::{Outcome, Services};
use crate::base::fingerprint::hex;
use crate::base::secret::Secret;
use crate::ecs::Instance;
use crate::ops::content::Content;
use crate::ops::download::{DownloadRequest, download};
use crate::ops::{Error, Result};
use crate::oss::Oss;

/// What the line with a file's checksum begins with.
const MARK: &str = "@@faascmd-file ";
/// The most bytes of URLs in one command: with the rest of it they have to fit into what the assistant takes.
const MOST: usize = 6000;

/// A file that is on many hosts.
#[derive(Clone, Debug)]
pub struct Fetch<'a> {
    /// What the hosts were called.
    pub target: &'a Target,
    /// The hosts.
    pub hosts: Vec<Instance>,
    /// Lines of a shell after which `$file` is the file.
    pub names_file: String,
    /// How long a host may take.
    pub timeout: Duration,
}

/// What became of a host's file.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The host.
    pub host: Instance,
    /// Where it is now; None where it did not come.
    pub file: Option<PathBuf>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not come.
    pub why: Option<String>,
}

/// Brings the file of each host to the place that is its.
///
/// # Errors
/// Those of a run and of a call; a host without the file is no error.
pub async fn fetch(
    services: Services<'_>,
    oss: &Oss,
    fetch: &Fetch<'_>,
    place: impl Fn(&Instance) -> PathBuf,
) -> Result<Vec<Fetched>> {
    let mut fetched = Vec::new();
    for (some, urls) in in_batches(oss, fetch).await? {
        let request = RunRequest {
            target: fetch.target,
            hosts: some.clone(),
            kind: "get",
            prepare: String::new(),
            command: command(&fetch.names_file),
            timeout: fetch.timeout,
            canary: 0,
            judge: judge_command,
            secret: Some(&urls),
            part_of: None,
        };
        let record = run(services, &request).await?;
        for host in some {
            let output = String::from_utf8_lossy(&record.output_of(&host.id)).into_owned();
            let sum = output.lines().find_map(|line| line.strip_prefix(MARK)).map(str::to_owned);
            let told = record.hosts.get(&host.id);
            let outcome = told.map_or(Outcome::NotRun, |told| told.outcome);
            let said = output.lines().last().filter(|_| sum.is_none()).map(str::to_owned);
            let why = told.and_then(|told| told.why.clone()).or(said);
            fetched.push(match sum {
                Some(sum) if outcome == Outcome::Passed => {
                    arrive(services, oss, (fetch, host, &sum), &place).await?
                }
                _ => Fetched { host, file: None, outcome, why },
            });
        }
    }
    Ok(fetched)
}

/// The key under which a host puts it: the same in every try.
fn key(fetch: &Fetch<'_>, id: &str) -> String {
    let mark = hex(&Sha256::digest(format!("{}\n{}", fetch.target, fetch.names_file))[..6]);
    format!("faascmd/from-hosts/{mark}/{id}")
}

/// As many hosts at a time as their URLs leave room for, each time with a line `ID URL` for each.
async fn in_batches(oss: &Oss, fetch: &Fetch<'_>) -> Result<Vec<(Vec<Instance>, Secret)>> {
    let internal = internal(oss)?;
    let mut batches: Vec<(Vec<Instance>, String)> = Vec::new();
    for host in &fetch.hosts {
        let url = internal.presigned("PUT", &key(fetch, &host.id), URL_LIFE).await?.url;
        let line = format!("{} {url}\n", host.id);
        match batches.last_mut() {
            Some((hosts, lines)) if lines.len() + line.len() <= MOST => {
                hosts.push(host.clone());
                lines.push_str(&line);
            }
            _ => batches.push((vec![host.clone()], line)),
        }
    }
    Ok(batches.into_iter().map(|(hosts, lines)| (hosts, Secret::new(lines))).collect())
}

/// The command of a host; no URL is in an argument list.
fn command(names_file: &str) -> String {
    format!(
        r#"{names_file}
[ -f "$file" ] || {{ echo "there is no file $file"; exit 1; }}
meta=http://100.100.100.200
case ${{FAASCMD_ENDPOINT:-}} in *metadata=*) meta=${{FAASCMD_ENDPOINT##*metadata=}} ;; esac
meta=${{meta%%,*}}/latest
token=$(curl -fs -m 5 -X PUT -H "X-aliyun-ecs-metadata-token-ttl-seconds: 60" "$meta/api/token")
id=$(curl -fsS -m 10 -H "X-aliyun-ecs-metadata-token: $token" "$meta/meta-data/instance-id") || exit 1
url=$(sed -n "s/^$id //p" <<'URLS'
{URL}
URLS
)
sum=$(sha256sum <"$file" | cut -c 1-64)
for pause in 1 2 4 0; do
  why=$(printf 'url = "%s"\n' "$url" | {CURL} -T "$file" 2>&1) && break
  [ $? != 22 ] && [ $pause != 0 ] || {{ echo "can't put $file into the bucket: $why"; exit 1; }}
  sleep $pause
done
echo "{MARK}$sum"
"#
    )
}

async fn bring(
    services: Services<'_>,
    oss: &Oss,
    request: &DownloadRequest,
) -> std::result::Result<Content, String> {
    let said = |path: &Path, error| Error::of_file(path)(error).to_string();
    if let Some(folder) = request.file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| said(folder, error))?;
    }
    download(oss, request, services.deadline.cancel()).await.map_err(|error| error.to_string())?;
    Content::of(&request.file).map_err(|error| said(&request.file, error))
}

/// The object becomes a file, is compared with what the host had, and leaves the bucket.
async fn arrive(
    services: Services<'_>,
    oss: &Oss,
    (fetch, host, sum): (&Fetch<'_>, Instance, &str),
    place: impl Fn(&Instance) -> PathBuf,
) -> Result<Fetched> {
    let (key, file) = (key(fetch, &host.id), place(&host));
    let request =
        DownloadRequest { key: key.clone(), file, part_size: None, jobs: None, keep_existing: false };
    // Whatever stands in its way here, nothing stays in the bucket.
    let why = match bring(services, oss, &request).await {
        Ok(content) if hex(&content.sha256) == sum => None,
        Ok(_) => Some("it came altered".to_owned()),
        Err(why) => Some(why),
    };
    oss.delete(&key).await?;
    let outcome = if why.is_none() { Outcome::Passed } else { Outcome::Failed };
    Ok(Fetched { host, file: why.is_none().then_some(request.file), outcome, why })
}
