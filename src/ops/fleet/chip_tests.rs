//! The device tests on each host: the same program and the same tests as on a desk, on all chips at once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Outcome;
use super::agent::Agent;

/// What a line about a test begins with.
const MARK: &str = "@@faascmd";

/// A test of a chip, as the host tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChipTest {
    /// `/dev/xdma0_user`
    pub device: String,
    /// `smoke`, `prbs` or `dma`
    pub test: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The program's exit code.
    pub exit_code: i32,
}

/// How the tests of a chip are run.
#[derive(Clone, Copy, Debug)]
pub struct OnAChip<'a> {
    pub prbs_duration: Duration,
    /// What the DMA test overwrites, START+BYTES.
    pub dma_range: &'a str,
}

/// The command of a host: every test on every chip, the chips side by side, each up to its first test that does not pass.
pub fn command(agent: &Agent, tests: &[String], on_a_chip: OnAChip<'_>) -> String {
    let (program, tests, millis) = (agent.program(), tests.join(" "), on_a_chip.prbs_duration.as_millis());
    let range = on_a_chip.dma_range;
    format!(
        r#"bin={program}
devices=$(echo "${{FAASCMD_DEVICES:-}}" | tr , ' ')
[ -n "$devices" ] || devices=$(ls /dev/xdma*_user 2>/dev/null)
[ -n "$devices" ] || {{ echo "there is no /dev/xdma*_user: is the driver loaded?"; exit 10; }}
work=$(mktemp -d) number=100
for device in $devices; do
  number=$((number + 1))
  (
    for test in {tests}; do
      case $test in
      prbs) set -- prbs --duration {millis}ms ;;
      dma) set -- dma --yes --range {range} ;;
      *) set -- "$test" ;;
      esac
      # What stands for a device in a sandbox is a file, and was named by its host.
      if [ -c "$device" ]; then node=$device; else node=file:$device; fi
      "$bin" --device "$node" test "$@"
      code=$?
      echo "{MARK} $device $test $code"
      [ $code = 0 ] || break
    done
  ) >"$work/$number" 2>&1 &
done
wait
cat "$work"/*
codes=$(sed -n 's/^{MARK} .* //p' "$work"/*)
rm -r "$work"
for code in 11 $codes; do
  case " $(echo $codes) " in *" 11 "*) exit 11 ;; esac
  [ "$code" = 0 ] || [ "$code" = 11 ] || exit "$code"
done
exit 0
"#
    )
}

/// How the exit code of such a command is judged.
pub fn judge(code: i32) -> Outcome {
    match code {
        0 => Outcome::Passed,
        11 => Outcome::Fault,
        _ => Outcome::Failed,
    }
}

/// The tests that a host's output tells of.
pub fn read(output: &str) -> Vec<ChipTest> {
    printed(output).into_iter().map(|(test, _)| test).collect()
}

/// The same, each with what it printed.
pub fn printed(output: &str) -> Vec<(ChipTest, &str)> {
    let (mut found, mut from, mut at) = (Vec::new(), 0, 0);
    for line in output.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        if let Some(test) = told(line) {
            found.push((test, &output[from..begin]));
            from = at;
        }
    }
    found
}

fn told(line: &str) -> Option<ChipTest> {
    let mut words = line.strip_prefix(MARK)?.split_whitespace();
    let (device, test, code) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
    Some(ChipTest { device: device.into(), test: test.into(), outcome: judge(code), exit_code: code })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_on_one_chip_is_the_hosts_and_each_chip_has_its_own() {
        let output = "noise\n@@faascmd /dev/xdma0_user smoke 0\n@@faascmd /dev/xdma1_user smoke 11\nmore";
        let tests = read(output);
        let outcomes: Vec<_> = tests.iter().map(|test| (test.device.as_str(), test.outcome)).collect();
        assert_eq!(outcomes, [("/dev/xdma0_user", Outcome::Passed), ("/dev/xdma1_user", Outcome::Fault)]);
        let printed: Vec<_> = printed(output).into_iter().map(|(_, text)| text).collect();
        assert_eq!(printed, ["noise\n", ""]);
        assert_eq!([0, 11, 10].map(judge), [Outcome::Passed, Outcome::Fault, Outcome::Failed]);
    }
}
