//! What a map of ten thousand registers costs: reading it, against a bare pass of quick-xml over the same file, and
//! `reg read NAME` with it, against the same without. `scripts/bench-registers` builds and runs it.
//!
//! Both sides of a pair follow each other, so that whatever else the machine does hits both; what counts is the median of
//! their ratios. Exits 1 if a limit is missed.
#![expect(clippy::unwrap_used, reason = "a measuring tool may panic")]
#![expect(clippy::print_stdout, reason = "its answer")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};

use faascmd::testing::device::RegisterMap;

const REGISTERS: usize = 10_000;
const LIMIT: f64 = 3.0;

/// A map in each format, of blocks of a hundred registers with two fields each where the format has fields.
fn files() -> Vec<(&'static str, String)> {
    let (mut svd, mut hwh, mut csv, mut json, mut toml) = Default::default();
    let files: [&mut String; 5] = [&mut svd, &mut hwh, &mut csv, &mut json, &mut toml];
    let [svd, hwh, csv, json, toml] = files;
    svd.push_str("<?xml version=\"1.0\"?>\n<device><name>chip</name><width>32</width><peripherals>\n");
    hwh.push_str("<?xml version=\"1.0\"?>\n<EDKSYSTEM><MODULES>\n");
    json.push_str("{\"csr_bases\": {}, \"csr_registers\": {\n");
    toml.push_str("name = \"chip\"\n");
    let mut ranges = String::new();
    for block in 0..REGISTERS / 100 {
        let base = block * 0x1000;
        writeln!(svd, "<peripheral><name>B{block}</name><baseAddress>{base:#x}</baseAddress><registers>")
            .unwrap();
        writeln!(hwh, "<MODULE FULLNAME=\"/b{block}\" INSTANCE=\"b{block}\"><REGISTERS>").unwrap();
        writeln!(
            ranges,
            "<MEMRANGE INSTANCE=\"b{block}\" BASEVALUE=\"{base:#x}\" HIGHVALUE=\"{:#x}\"/>",
            base + 0xfff
        )
        .unwrap();
        for register in 0..100 {
            let offset = 4 * register;
            writeln!(
                svd,
                "  <register>\n    <name>R{register}</name>\n    <description>Register {register} of block {block}</description>\n    \
                 <addressOffset>{offset:#x}</addressOffset>\n    <access>read-write</access>\n    <fields>\n      \
                 <field><name>START</name><bitOffset>0</bitOffset><bitWidth>1</bitWidth></field>\n      \
                 <field><name>LENGTH</name><description>Bytes</description><bitRange>[31:8]</bitRange></field>\n    \
                 </fields>\n  </register>"
            )
            .unwrap();
            writeln!(
                hwh,
                "<REGISTER NAME=\"R{register}\">\n  <PROPERTY NAME=\"DESCRIPTION\" VALUE=\"Register {register} of block {block}\"/>\n  \
                 <PROPERTY NAME=\"ADDRESS_OFFSET\" VALUE=\"{offset:#x}\"/>\n  <PROPERTY NAME=\"ACCESS\" VALUE=\"read-write\"/>\n  \
                 <FIELDS><FIELD NAME=\"START\"><PROPERTY NAME=\"BIT_OFFSET\" VALUE=\"0\"/>\n  \
                 <PROPERTY NAME=\"BIT_WIDTH\" VALUE=\"1\"/></FIELD></FIELDS>\n</REGISTER>"
            )
            .unwrap();
            writeln!(csv, "csr_register,b{block}_r{register},{:#010x},1,rw", base + offset).unwrap();
            let comma = if block + register == 0 { "" } else { "," };
            writeln!(
                json,
                "{comma}\"b{block}_r{register}\": {{\"addr\": {}, \"size\": 1, \"type\": \"rw\"}}",
                base + offset
            )
            .unwrap();
            writeln!(
                toml,
                "[[register]]\nname = \"B{block}.R{register}\"\noffset = {:#x}\naccess = \"rw\"\n[[register.field]]\nname = \"START\"\nbits = \"0\"",
                base + offset
            )
            .unwrap();
        }
        svd.push_str("</registers></peripheral>\n");
        hwh.push_str("</REGISTERS></MODULE>\n");
    }
    svd.push_str("</peripherals></device>\n");
    writeln!(hwh, "<MODULE INSTANCE=\"cpu\"><MEMORYMAP>{ranges}</MEMORYMAP></MODULE></MODULES></EDKSYSTEM>")
        .unwrap();
    json.push_str("}}\n");
    let made = [("svd", svd), ("hwh", hwh), ("csv", csv), ("json", json), ("toml", toml)];
    made.into_iter().map(|(kind, text)| (kind, std::mem::take(text))).collect()
}

/// Every event of a document and every attribute, looked at no further: in a .hwh, the attributes are all there is.
fn bare_pass(text: &str) -> usize {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut seen = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                seen += 1 + element.attributes().flatten().count()
            }
            Event::Eof => return seen,
            _ => seen += 1,
        }
    }
}

fn took(mut work: impl FnMut()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

/// The median of the ratios of so many pairs, and of the times.
fn ratio(pairs: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (f64, Duration, Duration) {
    let (mut ratios, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let (b, a) = (took(&mut theirs), took(&mut ours));
        ratios.push(a.as_secs_f64() / b.as_secs_f64());
        first.push(a);
        second.push(b);
    }
    ratios.sort_by(f64::total_cmp);
    first.sort_unstable();
    second.sort_unstable();
    (ratios[pairs / 2], first[pairs / 2], second[pairs / 2])
}

/// Prints a line, and says whether the limit is kept.
fn judged(what: &str, (ratio, ours, theirs): (f64, Duration, Duration)) -> bool {
    println!("{what}: {ours:.2?} against {theirs:.2?}, ratio {ratio:.2} (at most {LIMIT})");
    ratio <= LIMIT
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder] = arguments.as_slice() else {
        println!("usage: registers FAASCMD FOLDER");
        return ExitCode::from(2);
    };
    let folder = Path::new(folder);
    let device = folder.join("bar");
    fs::write(&device, vec![7; 1 << 20]).unwrap();
    let read = |place: &str, map: Option<&Path>| {
        let mut command = Command::new(program);
        command.args(["reg", "read", place, "--device"]).arg(&device).env("XDG_STATE_HOME", folder);
        if let Some(map) = map {
            command.arg("--map").arg(map);
        }
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    };
    let mut kept = true;
    for (kind, text) in files() {
        let load = || assert_eq!(RegisterMap::import(&text).unwrap().registers.len(), REGISTERS);
        if matches!(kind, "svd" | "hwh") {
            let pass = || assert!(bare_pass(&text) > REGISTERS);
            kept &= judged(&format!("{kind} read, against a bare pass"), ratio(101, load, pass));
        } else {
            println!("{kind} read: {:.2?}", took(load));
        }
        let map = folder.join(format!("map.{kind}"));
        fs::write(&map, &text).unwrap();
        // A file that was written just now is not kept in the cache.
        let old = SystemTime::now() - Duration::from_secs(3600);
        File::options().write(true).open(&map).unwrap().set_modified(old).unwrap();
        let name = if matches!(kind, "csv" | "json") { "b73_r41" } else { "b73.r41" };
        let first = took(|| read(name, Some(&map)));
        println!("reg read NAME --map map.{kind}, the first time: {first:.2?}");
        let again = ratio(301, || read(name, Some(&map)), || read("SMOKE_DONE", None));
        kept &= judged(&format!("reg read NAME --map map.{kind}, against reg read NAME"), again);
    }
    ExitCode::from(u8::from(!kept))
}
