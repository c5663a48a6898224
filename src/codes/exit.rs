//! The program's own exit codes.

use super::Row;

const CONTRACT: &str = "docs/exit-codes.md";

const fn row(code: &'static str, kind: &'static [&'static str]) -> Row {
    Row::new("faascmd", code).also(kind).from(CONTRACT)
}

pub(super) const ROWS: &[Row] = &[
    row("0", &["done"])
        .means("Done. An empty list is done, too, and so is a closed pipe on stdout.")
        .advice("Nothing is to be done; in a script, read stdout."),
    row("1", &["failed"])
        .means(
            "Failed, and none of the other codes fits; from `doctor` and `reg diff`: something failed or \
            differs.",
        )
        .advice("Read the last lines of stderr; with -v they say what was asked of whom."),
    row("2", &["usage"])
        .means("The command line is wrong, or leaves open what is meant; nothing was done.")
        .advice(
            "Look at the command's --help, and at the list in the message if there are several to choose \
            from.",
        ),
    row("3", &["config"])
        .means("Configuration or credentials are missing or unusable; nothing was sent.")
        .advice("Run `faascmd doctor` to see where the program looked, and `faascmd config` to enter a key."),
    row("4", &["refused"])
        .means("The service refused: wrong key, missing right, quota, or a parameter that it does not take.")
        .advice("Explain the service's own code, which stands in the message: `faascmd explain CODE`."),
    row("5", &["not_found"]).means("There is no such thing, in the cloud or on disk.").advice(
        "List what there is: `faascmd object ls`, `faascmd image ls`, `faascmd fpga ls`; and check \
            region and bucket.",
    ),
    row("6", &["conflict"])
        .means(
            "Conflict: something else is going on, the state is wrong, the device is locked, or a test \
            was inconclusive.",
        )
        .advice("Let the other work end and run the command again; it is safe to repeat."),
    row("7", &["unreachable"]).means("The service could not be reached, or throttled every try.").advice(
        "Check network and proxy with `faascmd doctor`, then run the command again: it goes on where \
            it stopped.",
    ),
    row("8", &["pending"])
        .means("It was still under way when the waiting time was over; it goes on in the cloud.")
        .advice(
            "Run the command that the message prints: it goes on waiting. A longer --timeout avoids \
            this.",
        ),
    row("9", &["task_failed"]).means("What was waited for ended in failure: a build or a load.").advice(
        "Read the build's log with `faascmd image log UUID`; a failed load tells its reason in \
            `faascmd fpga status`.",
    ),
    row("10", &["no_device"]).means("There is no device that can be used on this machine.").advice(
        "Check that an image is loaded and the driver is there: `ls /dev/xdma*`, `sudo modprobe \
            xdma`, `faascmd reg info`.",
    ),
    row("11", &["fault"])
        .means("A check, a device test or a verify found a fault.")
        .advice("The findings stand on stdout; mend the file or suspect the card, and repeat the check."),
    row("70", &["internal"])
        .means("A fault in the program itself.")
        .advice("Report it with the command line and the output of -vvv; no secrets are in it."),
    row("130", &["interrupted"])
        .means("Stopped by Ctrl-C (SIGINT).")
        .advice("The same command goes on where it stopped."),
    row("143", &["terminated"])
        .means("Stopped by SIGTERM, or by the loss of its terminal (SIGHUP).")
        .advice("See who ended it, such as a job's time limit; started again, it takes up its work."),
];
