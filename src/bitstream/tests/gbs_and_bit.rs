//! Green bitstreams, and those of Vivado.

use super::*;

#[test]
fn each_field_of_a_green_bitstream_is_held_to_its_rule() {
    let good = String::from_utf8_lossy(&sample::gbs(0)[20..]).into_owned();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        codes_of(&sample::gbs_of(good.replacen(from, to, 1).as_bytes(), b"....payload."))
    };
    assert_eq!(with("{", "{"), [""; 0]);
    assert_eq!(with("\"version\":1", "\"version\":640"), [""; 0]);
    assert_eq!(with("\"version\":1", "\"version\":2"), ["GBS-VERSION"]);
    assert_eq!(with("\"version\":1,", ""), ["GBS-VERSION"]);
    assert_eq!(with("\"total-contexts\":1,", ""), ["GBS-METADATA-JSON"]);
    assert_eq!(with("\"name\":\"sample_afu\",", ""), ["GBS-METADATA-JSON"]);
    assert_eq!(
        with("9926ab6d-6c92-5a68-aabc-a7d84c545738", "9926ab6d6c925a68aabca7d84c545738"),
        ["GBS-UUID"]
    );
    assert_eq!(with("488605312", "1"), ["GBS-MAGIC-NUMBER"]);
    assert_eq!(with("9926ab6d", "9926ab6"), ["GBS-UUID"]);
    assert_eq!(with("9926ab6d", "00000000"), ["gbs-interface-unknown"]);
    assert_eq!(with("331db30c-", "331dbxxx-"), ["GBS-UUID"]);
    assert_eq!(with("accelerator-clusters", "accelerators"), ["GBS-METADATA-JSON"]);
    assert_eq!(with("{", "["), ["GBS-METADATA-JSON"]);
    assert_eq!(codes_of(&sample::gbs_of(good.as_bytes(), b"")), ["GBS-NO-PAYLOAD"]);
    assert_eq!(codes_of(&sample::gbs_of(good.as_bytes(), b"12345")), ["gbs-odd-payload"]);
    let mut too_long = sample::gbs(8);
    too_long[18] = 0xff;
    assert_eq!(codes_of(&too_long), ["GBS-METADATA-LENGTH"]);
    let legacy = [&[0x80, 0x86, 0x1f, 0x1d][..], &[7; 16], b"payload."].concat();
    assert_eq!(codes_of(&legacy), ["gbs-wrapped", "gbs-interface-unknown"]);
    assert_eq!(codes_of(&legacy[..20]), ["GBS-NO-PAYLOAD", "gbs-wrapped", "gbs-interface-unknown"]);
}

#[test]
fn what_stands_for_the_bitstream_of_a_green_one_is_looked_at() {
    let metadata = sample::gbs(0)[20..].to_vec();
    let html = "<html><body>404 Not Found</body></html>\n".repeat(8);
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 120]].concat();
    let (package, bit) = (sample::package(VU9P), sample::bit(VU9P, 64));
    for payload in [html.as_bytes(), &elf, &sample::gbs(64), &[0; 8192], &[0xff; 8192], &package, &bit] {
        assert_eq!(codes_of(&sample::gbs_of(&metadata, payload)), ["GBS-PAYLOAD"], "{:?}", &payload[..8]);
    }
    let late = [vec![0; 100_000], vec![1; 4]].concat();
    assert_eq!(codes_of(&sample::gbs_of(&metadata, &late)), [""; 0]);
    // What was not at hand may be other than zeros.
    let late = sample::gbs_of(&metadata, &late);
    let head = examine_head(&late[..HEAD], &[], late.len() as u64, &Target::default());
    assert_eq!(codes(&head), [""; 0]);
    // Half a payload looks like a whole one: a note says that nothing tells.
    let whole = sample::gbs(4000);
    let half = check(&whole[..whole.len() - 2000]);
    assert_eq!((codes(&half), notes(&half)), (vec![], vec!["gbs-payload-length"]));
}

#[test]
fn a_bitstream_is_asked_for_its_sync_word_and_a_cut_one_called_cut() {
    let good = sample::bit(VU9P, 300);
    let sync = good.windows(4).position(|four| four == [0xaa, 0x99, 0x55, 0x66]).unwrap();
    let mut bytes = good.clone();
    bytes[sync..sync + 4].copy_from_slice(&[0xff; 4]);
    assert_eq!(codes_of(&bytes), ["BIT-SYNC-WORD"]);
    let header = good.windows(9).position(|window| window == [b'e', 0, 0, 1, 0x50, 0xff, 0xff, 0xff, 0xff]);
    for end in 14..header.unwrap() + 5 {
        assert_eq!(codes_of(&good[..end]), ["BIT-CUT-OFF"], "cut at {end}");
    }
    assert_eq!(codes_of(&sample::bit("", 300)), ["BIT-FIELD"]);
    let Facts::Bit(facts) = check(&sample::bit(&"x".repeat(60_000), 300)).facts else { panic!() };
    assert!(facts.part.len() < 600, "{}", facts.part.len());
    // Where the sync word is looked for does not hang on how much was read at a time.
    let padding = vec![0xff; 5000];
    let mut late = sample::bit(VU9P, 300);
    late.splice(sync..sync, padding.iter().copied());
    let length = u32::try_from(late.len() - header.unwrap() - 5).unwrap().to_be_bytes();
    late[header.unwrap() + 1..header.unwrap() + 5].copy_from_slice(&length);
    assert_eq!(codes_of(&late), ["BIT-SYNC-WORD"]);
}
