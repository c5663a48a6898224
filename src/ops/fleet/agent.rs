//! The program that runs on the hosts: this very one, or another build of it, put into the bucket once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FleetError, Services};
use crate::base::fingerprint::hex;
use crate::base::secret::Secret;
use crate::cloud::{Endpoint, Service};
use crate::ops::content::Content;
use crate::ops::upload::{UploadRequest, upload};
use crate::ops::{Error, Result};
use crate::oss::Oss;

/// How long its URL is good for: the hosts fetch it at once.
pub(super) const URL_LIFE: Duration = Duration::from_mins(15);
/// What stands for the URL where a command is kept on disk.
pub(super) const URL: &str = "@FAASCMD-URL@";
/// A curl that reads its URL from stdin, and gives up where nothing moves.
pub(super) const CURL: &str = "curl -fsS --connect-timeout 10 -y 30 -Y 1 --retry 3 -K -";
/// The newest symbols of the C library that the hosts have: CentOS 7.
const NEWEST_GLIBC: u32 = 17;

/// The program in the bucket.
#[derive(Clone, Debug)]
pub struct Agent {
    sha256: String,
    url: Secret,
}

/// The file of the running program, else the one that was named.
///
/// # Errors
/// When it can't be read.
pub fn file_of(named: Option<&Path>) -> Result<PathBuf> {
    match named {
        Some(path) if path.is_dir() => {
            let why = "it is a directory".to_owned();
            Err(FleetError::Agent { path: path.to_owned(), why }.into())
        }
        Some(path) => Ok(path.to_owned()),
        None => std::env::current_exe().map_err(Error::of_file(Path::new("this program"))),
    }
}

/// Sees that a program runs on the hosts; in a sandbox, whose hosts are this machine, any does.
///
/// # Errors
/// [`FleetError::Agent`] where it does not.
pub fn examine(services: Services<'_>, path: &Path) -> Result<()> {
    let oss = services.ecs.cloud().locate(Service::Oss);
    if oss.is_ok_and(|endpoint| endpoint.given && endpoint.is_address()) {
        return Ok(());
    }
    let bytes = std::fs::read(path).map_err(Error::of_file(path))?;
    why_unfit(&bytes).map_or(Ok(()), |why| Err(FleetError::Agent { path: path.to_owned(), why }.into()))
}

/// Why the hosts can't run a program.
fn why_unfit(bytes: &[u8]) -> Option<String> {
    /// `e_machine` of x86-64.
    const X86_64: [u8; 2] = [62, 0];
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return Some("it is not a 64-bit Linux program".to_owned());
    }
    if bytes.get(18..20) != Some(&X86_64[..]) {
        return Some("it is for another processor than x86_64".to_owned());
    }
    let newest = newest_glibc(bytes)?;
    (newest > NEWEST_GLIBC).then(|| format!("it needs glibc 2.{newest}, and the hosts have 2.{NEWEST_GLIBC}"))
}

/// The highest version of the C library that its symbols ask for; None for a static one.
fn newest_glibc(bytes: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"GLIBC_2.";
    let places = bytes.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let version = |(at, _): (usize, &[u8])| {
        let digits = bytes[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        String::from_utf8_lossy(&digits.copied().collect::<Vec<_>>()).parse().ok()
    };
    places.filter_map(version).max()
}

impl Agent {
    /// Puts it into the bucket, unless it is there, and makes a URL by which the hosts get it, and nothing else.
    ///
    /// # Errors
    /// When it can't be read or uploaded.
    pub async fn put(services: Services<'_>, oss: &Oss, path: &Path) -> Result<Self> {
        let sha256 = hex(&Content::of(path).map_err(Error::of_file(path))?.sha256);
        let key = format!("faascmd/agent/{sha256}");
        let longest_wait = Some(services.deadline.left());
        let request = UploadRequest { longest_wait, ..UploadRequest::new(path, &key) };
        upload(oss, &request, services.deadline.cancel()).await?;
        let url = Secret::new(internal(oss)?.presigned("GET", &key, URL_LIFE).await?.url);
        Ok(Self { sha256, url })
    }

    /// What the URL is put in for.
    pub fn url(&self) -> &Secret {
        &self.url
    }

    /// Where it is on a host, once it was fetched as a program; for a shell.
    pub(super) fn program(&self) -> String {
        format!("\"${{FAASCMD_HOST_ROOT:-}}/var/lib/faascmd/bin/{}\"", self.sha256)
    }

    /// What brings it to a host as a program, unless it is there.
    pub fn fetch_program(&self) -> String {
        let program = self.program();
        format!("[ ! -x {program} ] || exit 0\n{}", self.fetch(&program, 755))
    }

    /// What brings it to a host as a file, for the command of [`move_to`](Self::move_to).
    pub fn fetch_file(&self) -> String {
        self.fetch("\"$dir/fetched\"", 600)
    }

    /// The command that moves what was fetched into a folder of the host under a name; both are quoted for a shell.
    pub fn move_to(folder: &str, name: &str) -> String {
        format!(
            r#"mkdir -p {folder} || exit 1
new={folder}/.$$.faascmd
mv "${{0%/*}}/fetched" "$new" && mv "$new" {folder}/{name} || {{ rm -f "$new"; exit 1; }}
"#
        )
    }

    /// Lines of a shell that fetch it, whole and right, and end with 1 where that can't be done. The URL is in no argument
    /// list. The curl of CentOS 7 does not try again when a connection breaks.
    fn fetch(&self, file: &str, mode: u32) -> String {
        let sha256 = &self.sha256;
        format!(
            r#"file={file}
new="$file.$$"
mkdir -p "${{file%/*}}" || exit 1
for pause in 1 2 4 0; do
  why=$(printf 'url = "%s"\n' '{URL}' | {CURL} -o "$new" 2>&1)
  code=$?
  if [ $code = 0 ] && [ "$(sha256sum <"$new" | cut -c 1-64)" = {sha256} ]; then
    chmod {mode} "$new" && mv "$new" "$file"
    exit
  fi
  [ $code != 0 ] || why="it came altered"
  # What the service refuses it refuses again.
  [ $code != 22 ] || break
  sleep $pause
done
rm -f "$new"
echo "can't fetch what it is to run: $why"
exit 1
"#
        )
    }
}

/// The bucket by the endpoint that the hosts reach, which costs nothing; one that was given stays.
pub(super) fn internal(oss: &Oss) -> Result<Oss> {
    let cloud = oss.cloud();
    let given =
        cloud.locate(Service::Oss).map_err(|e| crate::cloud::Error::new(Service::Oss, "GetObject", e))?;
    if given.given {
        return Ok(oss.clone().at(None));
    }
    let region = cloud.region().unwrap_or_default();
    let endpoint = Endpoint::of_region("oss-{}-internal", region);
    let endpoint = endpoint.map_err(|e| crate::cloud::Error::new(Service::Oss, "GetObject", e))?;
    Ok(oss.clone().at(Some(endpoint)))
}

/// An address of the bucket as the hosts reach it, without any right.
///
/// # Errors
/// When there is no credential or no region.
pub async fn hosts_address(oss: &Oss) -> Result<String> {
    let url = internal(oss)?.presigned("GET", "faascmd", URL_LIFE).await?.url;
    Ok(url.split('?').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    fn elf(machine: u8, symbols: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend([machine, 0]);
        bytes.extend(symbols.as_bytes());
        bytes
    }

    /// A curl of CentOS 7, whose connection breaks so often; nobody sleeps here.
    fn old_curl(root: &Path, breaks: u32, fetched: &str) -> (std::process::Output, usize) {
        let curl = format!(
            r#"#!/bin/sh
for word; do case $word in --retry-* | --fail-*) echo "curl: option $word: is unknown" >&2; exit 2 ;; esac; done
for out; do :; done
cat >>{0}/asked
[ $(wc -l <{0}/asked) -gt {breaks} ] || {{ echo "curl: (56) reset" >&2; exit 56; }}
printf %s {fetched} >"$out"
"#,
            root.display()
        );
        for (name, text) in [("curl", curl.as_str()), ("sleep", "#!/bin/sh\n")] {
            // By another process: what this one writes, even those inherit for a moment that other tests start, and nothing
            // can be run meanwhile.
            let mut writer = std::process::Command::new("sh");
            writer
                .args(["-c", "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"", "sh"])
                .arg(root.join(name))
                .arg(text);
            assert!(writer.status().unwrap().success());
        }
        let agent = Agent { sha256: hex(&Sha256::digest("right")), url: Secret::new("u") };
        let path = format!("{}:{}", root.display(), std::env::var("PATH").unwrap());
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &agent.fetch_file()]).env("PATH", path).env("dir", root);
        let output = shell.output().unwrap();
        let asked = std::fs::read_to_string(root.join("asked")).unwrap();
        assert!(asked.lines().all(|line| line == format!("url = \"{URL}\"")), "{asked}");
        (output, asked.lines().count())
    }

    #[test]
    fn a_host_fetches_again_what_broke_on_the_way_or_came_altered() {
        let root = tempfile::tempdir().unwrap();
        let (output, asked) = old_curl(root.path(), 2, "right");
        assert_eq!((output.status.code(), asked), (Some(0), 3), "{output:?}");
        assert_eq!(std::fs::read_to_string(root.path().join("fetched")).unwrap(), "right");
        for (breaks, fetched, why) in [(9, "right", "curl: (56) reset"), (0, "wrong", "it came altered")] {
            let root = tempfile::tempdir().unwrap();
            let (output, asked) = old_curl(root.path(), breaks, fetched);
            assert_eq!((output.status.code(), asked), (Some(1), 4), "{output:?}");
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(said, format!("can't fetch what it is to run: {why}\n"));
            assert!(!root.path().join("fetched").exists());
        }
    }

    #[test]
    fn a_program_that_the_hosts_cannot_run_is_seen_before_anything_is_made() {
        assert_eq!(why_unfit(&elf(62, "GLIBC_2.2.5\0GLIBC_2.17\0")), None);
        assert_eq!(why_unfit(&elf(62, "static")), None);
        assert!(why_unfit(&elf(62, "GLIBC_2.3\0GLIBC_2.34\0")).unwrap().contains("2.34"));
        assert!(why_unfit(&elf(183, "")).unwrap().contains("x86_64"));
        assert!(why_unfit(b"#!/bin/sh").is_some());
    }
}
