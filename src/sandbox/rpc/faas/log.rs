//! The log of a build that failed, in the shape of a Vivado log. The words are ours.

use std::fmt::Write as _;

use super::image::Image;
use crate::bitstream::Family;

/// The whole log; the error stands near its end.
pub(super) fn of(image: &Image) -> String {
    let Some(failure) = &image.failure else { return String::new() };
    let began = image.created.strftime("%a %b %d %H:%M:%S %Y");
    let tool = match image.family {
        Family::Xilinx => "Vivado v2018.2 (64-bit)",
        Family::Intel => "FaaS image check (64-bit)",
    };
    let bar = "#-----------------------------------------------------------";
    let mut text = format!(
        "{bar}\n# {tool}\n# Start of session at: {began}\n# Image: {}\n# Object: {}\n# Shell: {}\n{bar}\n",
        image.uuid, failure.object, image.shell
    );
    for (step, lines) in STEPS {
        // Writing to a String does not fail.
        let _infallible = writeln!(text, "Command: {step}");
        lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    let _infallible = write!(
        text,
        "ERROR: {}\nINFO: [Common 17-83] Releasing license: Implementation\n\
         1 Infos, 2 Warnings, 0 Critical Warnings and 1 Errors encountered.\n\
         build_image failed\nERROR: [Common 17-39] 'build_image' failed due to earlier errors.\n\
         INFO: [Common 17-206] Exiting at {}...\n",
        failure.reason,
        (image.created + image.takes).strftime("%a %b %d %H:%M:%S %Y")
    );
    text
}

/// What the build does before it fails.
const STEPS: [(&str, &[&str]); 4] = [
    (
        "fetch_object",
        &[
            "INFO: [FaaS 1-1] Role taken on for the owner of the image.",
            "INFO: [FaaS 1-2] Object found; reading it.",
            "INFO: [FaaS 1-3] Object read.",
        ],
    ),
    (
        "security_check",
        &[
            "INFO: [FaaS 2-1] Looking for the custom logic.",
            "INFO: [FaaS 2-2] Looking for combinational loops.",
            "INFO: [FaaS 2-3] Looking for logic outside of its region.",
            "WARNING: [FaaS 2-8] 3 unconnected inputs were tied to ground.",
        ],
    ),
    (
        "link_design",
        &[
            "INFO: [Project 1-479] Netlist was created with the shell.",
            "INFO: [Project 1-570] Preparing netlist for logic optimization",
            "INFO: [Timing 38-478] Restoring timing data from binary archive.",
            "INFO: [Timing 38-479] Binary timing data restore complete.",
            "Time (s): cpu = 00:01:12 ; elapsed = 00:00:48 . Memory (MB): peak = 4211.7 ; gain = 2104.3",
        ],
    ),
    (
        "build_image",
        &[
            "INFO: [Common 17-349] Got license for feature 'Implementation'",
            "INFO: [DRC 23-27] Running DRC with 8 threads",
            "INFO: [Vivado_Tcl 4-198] DRC finished with 0 Errors",
            "Phase 1 Build design",
            "Phase 2 Initialize",
            "WARNING: [Route 35-328] Estimated congestion is level 6 in one region.",
            "Phase 3 Initial run",
            "Phase 4 Rip-up and retry",
            "Time (s): cpu = 00:11:05 ; elapsed = 00:04:31 . Memory (MB): peak = 6120.2 ; gain = 312.5",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::image::{Failure, old_image};
    use super::*;

    #[test]
    fn the_error_stands_among_the_last_twenty_of_more_than_thirty_lines() {
        let failure = Failure { reason: "[X 1-1] the reason".into(), object: "a.tar.gz".into(), log: None };
        let text = of(&Image { failure: Some(failure), ..old_image() });
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() >= 30, "{}", lines.len());
        assert!(lines[lines.len() - 20..].contains(&"ERROR: [X 1-1] the reason"), "{text}");
    }
}
