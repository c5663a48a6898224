//! What is wrong on hosts: looked at there by a few lines of a shell, judged here.

use serde::Serialize;

use crate::ops::doctor::State;

/// What a line with a finding begins with.
const MARK: &str = "@@doctor ";
/// The farthest that a clock may be off before the services refuse what it signs, in seconds.
const CLOCK: i64 = 15 * 60;
/// The least space for what is kept on a host, in KiB.
const SPACE: u64 = 512 << 10;

/// One look at one host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Finding {
    /// A finding that needs nothing to be done.
    pub fn new(name: &'static str, state: State, detail: impl Into<String>) -> Self {
        Self { name, state, detail: detail.into(), next: None }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

/// The command of a host. `url` is an address of the bucket, as the hosts reach it; without one that is not looked at.
pub fn command(url: Option<&str>) -> String {
    let url = url.unwrap_or_default();
    format!(
        r#"say() {{ echo "{MARK}$1 $2"; }}
say driver "$(sed -n 's/^\(xdma\|xocl\) .*/\1/p' /proc/modules | sort | tr '\n' ' ')"
devices=$(echo "${{FAASCMD_DEVICES:-}}" | tr , ' ')
[ -n "$devices" ] || devices=$(ls /dev/xdma*_user 2>/dev/null)
here=0
for device in $devices; do [ -e "$device" ] && here=$((here + 1)); done
say devices $here
say free "$(df -Pk "${{FAASCMD_HOST_ROOT:-}}/var/lib" | awk 'NR == 2 {{ print $4 }}')"
say tools "$(for tool in curl sha256sum gzip base64 flock timeout; do command -v $tool >/dev/null || printf '%s ' $tool; done)"
url='{url}'
if [ -n "$url" ]; then
  head=$(curl -sS -m 10 -o /dev/null -D - "$url" 2>&1)
  at=$(printf '%s\n' "$head" | tr -d '\r' | sed -n 's/^[Dd]ate: //p' | tail -n 1)
  if [ -n "$at" ]; then say oss reached; say clock $(($(date +%s) - $(date -d "$at" +%s))); else say oss "$head"; fi
fi
exit 0
"#
    )
}

/// What a host's lines say; `chips` are those that its type has, and `target` is what it was called.
pub fn read(output: &str, chips: usize, target: &str) -> Vec<Finding> {
    let lines = output.lines().filter_map(|line| line.strip_prefix(MARK)?.split_once(' '));
    lines.filter_map(|(what, said)| judged(what, said.trim(), (chips, target))).collect()
}

fn judged(what: &str, said: &str, (chips, target): (usize, &str)) -> Option<Finding> {
    let ok = |name, detail: &str| Finding::new(name, State::Ok, detail);
    let fail = |name, detail: String| Finding::new(name, State::Fail, detail);
    Some(match what {
        "driver" if said.is_empty() => Finding::new("driver", State::Warn, "neither xdma nor xocl is loaded")
            .hint("modprobe xdma, on the host; `fleet deploy` does it"),
        "driver" => ok("driver", said),
        "devices" if said.parse() == Ok(chips) => ok("devices", said),
        "devices" => Finding::new("devices", State::Warn, format!("{said} of {chips} chips have a device"))
            .hint(format!("a chip without an image has none: faascmd fleet deploy {target} FILE")),
        "free" => {
            let free: u64 = said.parse().ok()?;
            let detail = format!("{} MiB free for what is kept there", free >> 10);
            if free < SPACE { fail("disk", detail) } else { ok("disk", "enough") }
        }
        "tools" if said.is_empty() => ok("tools", "all there"),
        "tools" => fail("tools", format!("not there: {said}")).hint("have the system image bring them"),
        "oss" if said == "reached" => ok("oss", said),
        "oss" => fail("oss", if said.is_empty() { "out of reach".into() } else { said.to_owned() })
            .hint("let the security group pass HTTPS to OSS's internal endpoint"),
        "clock" => {
            let off: i64 = said.parse().ok()?;
            match off.abs() {
                0..=60 => ok("clock", "right"),
                61..CLOCK => Finding::new("clock", State::Warn, format!("{off} s ahead")),
                _ => fail("clock", format!("{off} s ahead")).hint("let chronyd set it"),
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_is_judged_and_what_is_unknown_is_left_out() {
        let said = "noise\n@@doctor driver xdma \n@@doctor devices 1\n@@doctor free 1000\n@@doctor tools flock \n\
                    @@doctor oss curl: (6) no\n@@doctor clock 4000\n@@doctor new x\n";
        let found = read(said, 2, "ddr");
        let of: Vec<_> = found.iter().map(|finding| (finding.name, finding.state)).collect();
        let expected = [
            ("driver", State::Ok),
            ("devices", State::Warn),
            ("disk", State::Fail),
            ("tools", State::Fail),
            ("oss", State::Fail),
            ("clock", State::Fail),
        ];
        assert_eq!(of, expected);
        let well =
            read("@@doctor devices 2\n@@doctor oss reached\n@@doctor clock -3\n@@doctor tools \n", 2, "ddr");
        assert!(well.iter().all(|finding| finding.state == State::Ok), "{well:?}");
    }
}
