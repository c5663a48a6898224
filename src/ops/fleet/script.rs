//! What is sent to a host: it does the command once, keeps what it said, and tells it as often as it is asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Where a run is kept on a host; the sandbox's hosts share one file system, and each has a root of its own.
const FOLDER: &str = "${FAASCMD_HOST_ROOT:-}/var/lib/faascmd";

/// The script of a run.
///
/// Sent twice, by us or by the service, it does nothing twice: who comes second waits for the first and tells what that
/// one kept. A host that was switched off on the way says so and does not begin again. The command's exit code is written
/// down and never passed on: to the agent, 193 means to switch the host off. Where what has to come before the command does
/// not end with 0, nothing has begun and nothing is kept: sent again, it is tried again.
pub(super) fn script(run: &str, prepare: &str, command: &str, limit_seconds: u32) -> String {
    let command = BASE64.encode(command);
    format!(
        r#"#!/bin/sh
umask 077
dir="{FOLDER}/{run}"
mkdir -p "$dir" && exec 9>"$dir/lock" || {{ echo "can't write below $dir"; exit 1; }}
flock 9 2>/dev/null
if [ ! -e "$dir/summary" ]; then
  code=interrupted seconds=0
  if [ ! -e "$dir/started" ]; then
    (
:
{prepare}
    ) 9>&- || exit 1
    base64 -d >"$dir/command" <<'END' && : >"$dir/started" || {{ echo "can't write in $dir"; exit 1; }}
{command}
END
    chmod 700 "$dir/command"
    case $(head -c 2 "$dir/command") in '#!') set -- "$dir/command" ;; *) set -- sh "$dir/command" ;; esac
    # The assistant stops what is in this shell's group: where that is the shell's alone, the command stays in it.
    group() {{ read -r line <"/proc/$1/stat" && line=${{line##*) }} && set -- $line && echo "$3"; }} 2>/dev/null
    within=
    [ "$(group $$)" != $$ ] || within=--foreground
    began=$(date +%s)
    timeout $within -k 5 {limit_seconds} "$@" >"$dir/output" 2>&1 </dev/null 9>&-
    code=$? seconds=$(($(date +%s) - began))
    case $code in 124 | 137) [ $seconds -lt {limit_seconds} ] || code=timeout ;; esac
    if [ "$code$within" = timeout--foreground ]; then
      for stat in /proc/[0-9]*/stat; do
        process=${{stat#/proc/}} process=${{process%/stat}}
        [ $process = $$ ] || [ "$(group $process)" != $$ ] || kill -9 $process
      done
    fi
  fi
  [ -e "$dir/output" ] || : >"$dir/output"
  size=$(wc -c <"$dir/output" | tr -d ' ')
  gzip -9 -c "$dir/output" | base64 | tr -d '\n' >"$dir/text"
  [ "$(wc -c <"$dir/text")" -le 8000 ] || tail -c 4500 "$dir/output" | gzip -9 -c | base64 | tr -d '\n' >"$dir/text"
  echo >>"$dir/text"
  printf '{{"code":"%s","seconds":%s,"size":%s}}\n' "$code" "$seconds" "$size" >"$dir/summary.new" &&
    mv "$dir/summary.new" "$dir/summary" || {{ echo "can't write in $dir"; exit 1; }}
fi
frame() {{
  printf '\n---8<--- faascmd {run} %s %s %s\n' "$1" "$(wc -c <"$2" | tr -d ' ')" "$(sha256sum <"$2" | cut -c 1-64)"
  cat "$2"
}}
frame ended "$dir/summary"
frame ended "$dir/summary"
frame output "$dir/text"
frame ended "$dir/summary"
frame ended "$dir/summary"
"#
    )
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::super::summary::{Ended, Summary};
    use super::*;

    /// Runs a script as the agent does, with a root of its own.
    fn ran(root: &std::path::Path, command: &str, limit: u32) -> (i32, Vec<u8>) {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(script("r1", "", command, limit))
            .env("FAASCMD_HOST_ROOT", root)
            .stdin(Stdio::null());
        let output = shell.output().unwrap();
        (output.status.code().unwrap(), output.stdout)
    }

    fn summary(root: &std::path::Path, command: &str) -> Summary {
        let (code, output) = ran(root, command, 60);
        assert_eq!(code, 0, "{}", String::from_utf8_lossy(&output));
        Summary::read(&output, "r1").unwrap()
    }

    #[test]
    fn a_command_is_done_once_and_told_as_often_as_it_is_asked() {
        let root = tempfile::tempdir().unwrap();
        let command = format!("echo one >>{}/count; echo ä; exit 193", root.path().display());
        for _ in 0..2 {
            let told = summary(root.path(), &command);
            assert_eq!((told.ended, told.output.as_deref()), (Ended::Code(193), Some("ä\n".as_bytes())));
        }
        assert_eq!(std::fs::read_to_string(root.path().join("count")).unwrap(), "one\n");
    }

    #[test]
    fn where_what_comes_before_fails_nothing_has_begun() {
        let root = tempfile::tempdir().unwrap();
        let run = || {
            let prepare = "echo no way; test -e \"$FAASCMD_HOST_ROOT/way\"";
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(script("r1", prepare, "exit 3", 60)).env("FAASCMD_HOST_ROOT", root.path());
            shell.output().unwrap()
        };
        let output = run();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b"no way\n"[..]));
        std::fs::write(root.path().join("way"), "").unwrap();
        assert_eq!(Summary::read(&run().stdout, "r1").unwrap().ended, Ended::Code(3));
    }

    #[test]
    fn a_host_that_was_switched_off_on_the_way_does_not_begin_again() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/faascmd/r1");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("started"), "").unwrap();
        assert_eq!(summary(root.path(), "touch never").ended, Ended::Interrupted);
    }

    #[test]
    fn a_long_output_keeps_its_end_and_what_repeats_itself_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let told = summary(root.path(), "head -c 300000 /dev/urandom | base64 -w 0; echo; echo end");
        assert!(
            told.size > 400_000
                && told.output.as_ref().is_some_and(|o| o.len() == 4500 && o.ends_with(b"\nend\n"))
        );
        let root = tempfile::tempdir().unwrap();
        let told = summary(root.path(), "yes | head -n 100000");
        assert_eq!((told.size, told.output.map(|o| o.len())), (200_000, Some(200_000)));
    }

    #[test]
    fn a_command_may_name_its_shell_and_ends_with_its_time() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(summary(root.path(), "#!/bin/cat\nhello\n").output.unwrap(), b"#!/bin/cat\nhello\n");
        let root = tempfile::tempdir().unwrap();
        let (_, output) = ran(root.path(), "echo begun; exec sleep 60", 1);
        let told = Summary::read(&output, "r1").unwrap();
        assert_eq!((told.ended, told.output.as_deref()), (Ended::TimedOut, Some(&b"begun\n"[..])));
    }

    #[test]
    fn in_a_group_of_its_own_what_the_command_began_ends_with_its_time_too() {
        use std::os::unix::process::CommandExt;
        let root = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        let command = "sleep 60 & echo $!; wait";
        shell.arg("-c").arg(script("r1", "", command, 1)).env("FAASCMD_HOST_ROOT", root.path());
        let output = shell.stdin(Stdio::null()).process_group(0).output().unwrap();
        let told = Summary::read(&output.stdout, "r1").unwrap();
        assert_eq!(told.ended, Ended::TimedOut);
        let pid = String::from_utf8(told.output.unwrap()).unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    }

    #[test]
    fn a_full_disk_is_said_and_is_no_summary() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("var"), "in the way").unwrap();
        let (code, output) = ran(root.path(), "true", 60);
        assert_eq!(code, 1);
        assert!(Summary::read(&output, "r1").is_none());
        assert!(String::from_utf8_lossy(&output).contains("can't write below"));
    }
}
