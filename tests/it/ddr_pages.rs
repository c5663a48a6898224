//! `test … --html`: what the page says of a test, however it ends.

use faascmd::testing::sandbox::{Chip, ChipFaults};

use crate::common::bar::Bar;
use crate::common::page::assert_asks_nothing_of_anywhere;
use crate::common::soak::Soak;
use crate::common::world::World;

/// The page of a test on a chip with these faults.
fn page(faults: ChipFaults, args: &[&str], code: i32) -> String {
    let world = World::new();
    let bar = Bar::new(&world);
    let chip = Chip::start(&bar.path, faults).unwrap();
    chip.load();
    bar.faascmd(&world, &[&["test"][..], args, &["--html", "page.html"][..]].concat()).exits(code);
    let page = std::fs::read_to_string(world.path().join("page.html")).unwrap();
    assert_asks_nothing_of_anywhere(&page);
    page
}

#[test]
fn a_page_tells_the_verdict_errors_and_the_bound_of_their_rate_over_time() {
    let soak = ["--duration", "50ms", "--sample", "2ms", "--bits-per-second", "102.4e9"];
    let page = page(ChipFaults::default(), &[&["all"][..], &soak[..]].concat(), 0);
    assert!(
        page.contains("fpga.bin</bdi>: <b>passed</b></h1>") && page.contains("smoke, prbs on "),
        "{page}"
    );
    assert!(page.contains("<h2>Errors over time</h2>"), "{page}");
    assert!(page.contains("<h2>Bound of the bit error rate over time</h2>"), "{page}");
    assert!(page.contains("at 95% confidence; rests on the given 1.024e11 bits per second"), "{page}");
    assert!(page.contains("--bits-per-second 102.4e9") && page.contains("of 0.05 s, "), "{page}");
}

#[test]
fn a_fault_is_a_line_above_0_and_said_first() {
    let page = page(
        ChipFaults { ddr_error: true, ..ChipFaults::default() },
        &["prbs", "--duration", "1s", "--sample", "2ms"],
        11,
    );
    assert!(page.contains("<body class=\"fault\">") && page.contains(": <b>failed</b></h1>"), "{page}");
    assert!(page.contains("first error 0x0000124e after"), "{page}");
    // The highest value that 0x30 read stands at the top.
    assert!(
        page.contains("<span style=\"top:0%\">0x124e</span>")
            && (page.contains("V0.0") || page.contains(" 0.0H")),
        "{page}"
    );
    assert!(!page.contains("Bound of the bit error rate"), "no bit rate was given: {page}");
}

#[test]
fn a_test_that_can_not_be_carried_out_has_its_page_all_the_same() {
    let page = page(ChipFaults { all_ones: true, ..ChipFaults::default() }, &["all"], 10);
    assert!(page.contains(": <b>no result</b></h1>") && page.contains("<body class=\"failed\">"), "{page}");
}

#[test]
fn a_killed_test_leaves_a_page_that_says_so() {
    let world = World::new();
    let bar = Bar::new(&world);
    let html = world.path().join("page.html");
    let soak = Soak::new(&world, &bar, &["--duration", "1d", "--html", html.to_str().unwrap()]);
    soak.signal(nix::sys::signal::Signal::SIGKILL);
    soak.end().exits(137);
    let page = std::fs::read_to_string(&html).unwrap();
    assert!(page.contains("did not come to its end") && page.contains("<body class=\"failed\">"), "{page}");
}

#[test]
fn a_page_that_can_not_be_written_is_known_before_the_test_starts() {
    let world = World::new();
    let bar = Bar::new(&world);
    let said = bar.faascmd(&world, &["test", "prbs", "--html", "no-such-folder/page.html"]).exits(1).stderr;
    assert!(said.contains("the page no-such-folder/page.html can't be written"), "{said}");
    assert_eq!(bar.get(0x1c), 0, "nothing was started");
}
