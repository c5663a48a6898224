//! Whole files of each kind: what is read of them, and what is found wrong.

use std::io::Cursor;

use super::*;

fn check(bytes: &[u8]) -> Examination {
    check_for(bytes, &Target::default())
}

fn check_for(bytes: &[u8], target: &Target) -> Examination {
    examine(Cursor::new(bytes), bytes.len() as u64, target).unwrap()
}

fn codes(exam: &Examination) -> Vec<&'static str> {
    exam.findings.iter().map(|finding| finding.code.name()).collect()
}

#[test]
fn samples_are_without_fault() {
    let part = "xcvu9p-flgb2104-2-i";
    for (bytes, kind, summary) in [
        (sample::gbs(400), Kind::Gbs, "Intel green bitstream, sample_afu, 738 B"),
        (sample::package(part), Kind::Package, "xilinx package, xcvu9p checkpoint, 4.7 KiB"),
        (sample::checkpoint(part), Kind::Dcp, "Vivado design checkpoint, xcvu9p, 5 KiB"),
    ] {
        let exam = check(&bytes);
        assert_eq!((exam.kind, codes(&exam)), (kind, vec![]), "{:?}", exam.findings);
        assert_eq!(exam.summary(), summary);
        let family = kind.family().unwrap();
        assert!(!check_for(&bytes, &Target::of_family(family)).has_errors());
        for end in 0..bytes.len() {
            let whole_payload = kind == Kind::Gbs && end > bytes.len() - 400;
            assert!(check(&bytes[..end]).has_errors() || whole_payload, "{kind:?} cut at {end}");
        }
    }
}
