//! What a terminal shows: tables and steps that fit it, sizes as people read them, and of a change only what changes.

use faascmd::testing::bitstream::sample;

use crate::common::cloud::Cloud;
use crate::common::terminal::Terminal;

/// The lines that a terminal of this width shows of a script, without their colours.
fn shown(cloud: &Cloud, columns: usize, script: &str) -> Vec<String> {
    let mut command = cloud.program("setsid");
    let script = format!(
        "stty cols {columns} rows 50; faascmd() {{ {} \"$@\"; }}; {script}",
        env!("CARGO_BIN_EXE_faascmd")
    );
    command.args(["--ctty", "--wait", "sh", "-euc", &script]);
    let (shown, code) = Terminal::start(command).end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("\u{1b}["), "on a terminal there are colours: {shown:?}");
    shown.lines().map(|line| plain(line.trim_end())).collect()
}

/// Without what sets colours.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[track_caller]
fn fit(lines: &[String], columns: usize) {
    for line in lines {
        assert!(line.chars().count() <= columns, "{columns} columns, and {line:?}");
    }
}

#[test]
fn a_table_has_a_header_and_sizes_for_people_and_is_cut_where_the_terminal_ends() {
    let cloud = Cloud::new();
    cloud.world.file("f", [7; 1536]);
    let key = format!("builds/{}.tar.gz", "long".repeat(20));
    cloud.faascmd(&["object", "put", "f", &key]).exits(0);
    let wide = shown(&cloud, 200, "faascmd object ls");
    assert!(wide[0].starts_with("KEY ") && wide[0].contains("SIZE"), "{wide:#?}");
    assert!(wide[1].starts_with(&key) && wide[1].contains("  1.5 KiB  "), "{wide:#?}");
    // The last is narrower than the first cell.
    for columns in [100, 40, 5] {
        let lines = shown(&cloud, columns, "faascmd object ls");
        fit(&lines, columns);
        assert!(lines.len() == 2 && lines[1].ends_with('…'), "{lines:#?}");
    }
    for command in ["image ls", "fpga ls", "reg ls", "doctor"] {
        let lines = shown(&cloud, 60, &format!("faascmd {command}"));
        fit(&lines.into_iter().filter(|line| !line.starts_with("next (")).collect::<Vec<_>>(), 60);
    }
    let piped = cloud.faascmd(&["object", "ls"]).exits(0).stdout;
    assert!(piped.starts_with(&format!("{key}\t1536\t")), "{piped}");
}

#[test]
fn the_steps_of_a_deployment_fit_80_columns() {
    let cloud = Cloud::new();
    let name = format!("{}.tar.gz", "design".repeat(12));
    for name in ["bit.tar.gz", &name] {
        cloud.world.file(name, sample::package("xcvu9p-flgb2104-2-i"));
        let deploy = format!("faascmd deploy {name} --test smoke 2>/dev/null");
        let lines = shown(&cloud, 80, &deploy);
        fit(&lines, 80);
        let steps = ["✓ checked ", "✓ uploaded ", "✓ created ", "✓ loaded ", "✓ smoke "];
        assert!(lines.iter().zip(steps).all(|(line, step)| line.starts_with(step)), "{lines:#?}");
        let narrow = shown(&cloud, 60, &deploy);
        fit(&narrow, 60);
        assert!(narrow[2].contains("-… ("), "an id is shortened first: {narrow:#?}");
        // The second file has the same content, whose image is there.
        cloud.faascmd(&["object", "rm", name]).exits(0);
    }
}

#[test]
fn auth_shows_what_changes_and_not_the_documents() {
    let cloud = Cloud::start(&["--without-role"]);
    let lines = shown(&cloud, 80, "faascmd auth --yes; faascmd image ls");
    assert!(lines.iter().any(|line| line.starts_with("  + oss:GetObject on ")), "{lines:#?}");
    assert!(lines.len() < 25 && !lines.iter().any(|line| line.contains("\"Statement\"")), "{lines:#?}");
}
