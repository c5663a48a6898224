//! Files of each kind made at random: their facts are read back, and no change to their bytes is a panic.

use std::io::Cursor;

use faascmd::testing::bitstream::{self, Examination, Facts, Severity, Target, sample};
use proptest::prelude::*;

fn check(bytes: &[u8]) -> Examination {
    bitstream::examine(Cursor::new(bytes), bytes.len() as u64, &Target::default()).unwrap()
}

fn error_codes(exam: &Examination) -> Vec<&'static str> {
    let errors = exam.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.code.name()).collect()
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_ ]{1,20}"
}

fn file_name() -> impl Strategy<Value = String> {
    "[a-z]{1,12}(/[a-z_]{1,30}){0,5}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_green_bitstream_is_read_back(
        afu in name(), id in any::<u128>(), interface in any::<u128>(), high in 1..800_u32,
        payload in 1..5000_usize, spaces in 0..3_usize,
    ) {
        let hyphens = |id: u128| {
            let hex = format!("{id:032x}");
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        };
        let metadata = serde_json::json!({"version": 1, "afu-image": {
            "magic-no": 488_605_312, "interface-uuid": hyphens(interface), "clock-frequency-high": high,
            "accelerator-clusters": [{"name": afu, "total-contexts": 1, "accelerator-type-uuid": hyphens(id)}],
        }});
        let text = metadata.to_string() + &" ".repeat(spaces);
        let exam = check(&sample::gbs_of(text.as_bytes(), &sample::noise(payload)));
        prop_assert_eq!(error_codes(&exam), Vec::<&str>::new());
        let Facts::Gbs(facts) = exam.facts else { panic!() };
        prop_assert_eq!(&facts.afus[0].name, &afu);
        prop_assert_eq!(facts.afus[0].uuid.clone(), Some(hyphens(id)));
        prop_assert_eq!(facts.interface_uuid, Some(hyphens(interface)));
        prop_assert_eq!((facts.clock_high_mhz, facts.payload_bytes), (Some(f64::from(high)), payload as u64));
    }

    #[test]
    fn a_bitstream_is_read_back(part in "x?c?[a-z0-9]{3,30}(-[a-z0-9]{1,8}){0,3}", data in 0..5000_usize) {
        let exam = check(&sample::bit(&part, data));
        prop_assert_eq!(error_codes(&exam), Vec::<&str>::new());
        let Facts::Bit(facts) = exam.facts else { panic!() };
        prop_assert_eq!((facts.part, facts.length, facts.sync_word), (part, Some(data as u64 + 36), true));
    }

    #[test]
    fn a_checkpoint_is_read_back(part in "[a-z0-9-]{1,30}", context in any::<bool>(), recorded in any::<bool>()) {
        let types: &[&str] = if recorded { &["PHYSDB_PLACE", "JSON_RDA"] } else { &["PHYSDB_PLACE"] };
        let exam = check(&sample::checkpoint_of(&sample::dcp_xml(&part, context, types)));
        let routed = recorded.then_some(true);
        prop_assert_eq!(error_codes(&exam), Vec::<&str>::new());
        let Facts::Dcp(facts) = exam.facts else { panic!() };
        prop_assert_eq!((facts.part, facts.out_of_context, facts.routed), (Some(part), Some(context), routed));
    }

    #[test]
    fn a_package_is_read_back(names in prop::collection::btree_set(file_name(), 1..8), sizes in 0..3000_usize) {
        let (dcp, text) = (sample::checkpoint("xcvu9p-flgb2104-2-i"), sample::noise(sizes));
        let mut members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &text[..])).collect();
        members[0].1 = &dcp;
        let exam = check(&sample::tar_gz(&members));
        prop_assert_eq!(error_codes(&exam), Vec::<&str>::new());
        let Facts::Package(facts) = exam.facts else { panic!() };
        let read: Vec<(&str, u64)> = facts.members.iter().map(|m| (m.name.as_str(), m.size)).collect();
        let written: Vec<(&str, u64)> = members.iter().map(|(name, bytes)| (*name, bytes.len() as u64)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn an_xclbin_is_read_back(kinds in prop::collection::vec((0..60_u32, 0..500_usize), 0..20)) {
        let bytes = sample::noise(500);
        let sections: Vec<(u32, &[u8])> = kinds.iter().map(|(kind, size)| (*kind, &bytes[..*size])).collect();
        let exam = check(&sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &sections));
        prop_assert_eq!(error_codes(&exam), Vec::<&str>::new());
        let Facts::Xclbin(facts) = exam.facts else { panic!() };
        let read: Vec<(u32, u64)> = facts.sections.iter().map(|s| (s.kind_number, s.size)).collect();
        let written: Vec<(u32, u64)> = kinds.iter().map(|(kind, size)| (*kind, *size as u64)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn a_package_whose_bytes_are_changed_is_never_found_whole(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut bytes = sample::package("xcvu9p-flgb2104-2-i");
        // Flags, time and system of the header mean nothing to the content; the rest is guarded.
        let at = 10 + at.index(bytes.len() - 10);
        bytes[at] ^= flip;
        prop_assert!(check(&bytes).has_errors(), "byte {} changed", at);
    }
}
