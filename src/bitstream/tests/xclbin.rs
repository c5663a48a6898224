//! Containers of SDAccel and Vitis.

use super::*;

#[test]
fn an_xclbin_is_held_against_its_own_header() {
    let f3 = "xilinx_aliyun-f3_dynamic_5_0";
    let dcp = sample::checkpoint(VU9P);
    let good = sample::xclbin(f3, &[(0, &dcp), (6, b"01234567")]);
    // SDx 2017 left the padding out of the length.
    let padded = sample::xclbin(f3, &[(0, &dcp), (6, b"012"), (2, b"<project/>")]);
    let sum = (456 + 3 * 40 + dcp.len() + 3 + 10) as u64;
    assert!(sum < padded.len() as u64);
    let unpadded = |length: u64| {
        let mut bytes = padded.clone();
        bytes[304..312].copy_from_slice(&length.to_le_bytes());
        codes_of(&bytes)
    };
    assert_eq!(unpadded(sum), [""; 0]);
    assert_eq!(unpadded(sum - 1), ["XCLBIN-LENGTH"]);
    let patched = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        codes_of(&bytes)
    };
    assert_eq!(patched(304, 0xff), ["XCLBIN-LENGTH"]);
    assert_eq!(patched(456 + 28, 1), ["XCLBIN-SECTION-OUTSIDE"]);
    assert_eq!(patched(456 + 40 + 24, 0), ["XCLBIN-SECTION-OVERLAP"]);
    assert_eq!(patched(451, 0xff), ["XCLBIN-SECTIONS"]);
    assert_eq!(patched(332, 4), ["xclbin-emulation"]);
    assert_eq!(codes_of(&[good.clone(), vec![0]].concat()), ["XCLBIN-LENGTH"]);
    let signature = b"SIGN\x9d\xff\x41\xc0\x8c\xcb\x82\xa7\x13\x1c\xc9\xf3 and more";
    assert_eq!(codes_of(&[&good[..], signature].concat()), [""; 0]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(6, b"01234567")])), ["no-bitstream"]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, &sample::bit(VU9P, 9))])), ["xclbin-content"]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, b"\x7fELF\x02")])), ["xclbin-emulation"]);
    assert_eq!(codes_of(&sample::xclbin("xilinx_u250_xdma_201830_2", &[(0, &dcp)])), ["xclbin-platform"]);
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, &sample::zip(&[("a", b"b")]))])), ["xclbin-content"]);
    assert_eq!(
        codes_of(&sample::xclbin(f3, &[(0, &sample::zip(&[("behav_waveform/", b"")]))])),
        ["xclbin-emulation"]
    );
    assert_eq!(codes_of(&sample::xclbin(f3, &[(0, &dcp[..dcp.len() - 1])])), ["ZIP-CUT-OFF"]);
    let fast: Vec<u8> = [&[1, 0, 44, 1, 1, 0, 0, 0, 0, 0][..], &[b'D'; 128]].concat();
    let f2 = sample::xclbin("xilinx:kcu1500:4ddr-xpr:4.0", &[(0, &dcp), (11, &fast)]);
    assert_eq!(codes_of(&f2), ["xclbin-clock"]);
}

#[test]
fn a_container_that_can_not_work_on_the_chip_is_an_error_there() {
    let (f3, xilinx) = ("xilinx_aliyun-f3_dynamic_5_0", Target::of_family(Family::Xilinx));
    let with = |content: &[u8]| codes(&check_for(&sample::xclbin(f3, &[(0, content)]), &xilinx));
    let html = "<html>404</html>".repeat(20);
    for raw in [html.as_bytes(), &[0; 4096], &sample::zip(&[("a", b"b")])] {
        assert_eq!(with(raw), ["XCLBIN-CONTENT", "not-packaged"], "{:?}", &raw[..4]);
    }
    for emulated in [&b"\x7fELF\x02\x01"[..], &sample::zip(&[("behav_waveform/", b"")])] {
        assert_eq!(with(emulated), ["XCLBIN-EMULATION", "not-packaged"], "{:?}", &emulated[..4]);
    }
    // What `xclbinsplit` takes out is BITSTREAM, whatever stands beside it and in whichever order.
    let beside = sample::checkpoint(VU9P);
    for sections in [[(0, &b"\x7fELF\x02\x01"[..]), (10, &beside)], [(10, &beside), (0, b"\x7fELF\x02\x01")]]
    {
        let exam = check_for(&sample::xclbin(f3, &sections), &xilinx);
        assert_eq!(codes(&exam), ["XCLBIN-EMULATION", "not-packaged"]);
    }
    assert_eq!(with(&sample::checkpoint("xc7z020clg400-1")), ["PART-OTHER-FAMILY", "not-packaged"]);
    assert_eq!(with(&sample::checkpoint("xcvu3p-ffvc1517-2-i")), ["PART-OTHER-DEVICE", "not-packaged"]);
    let placed = sample::checkpoint_in_state(VU9P, "Fully Placed", "");
    assert_eq!(with(&placed), ["DCP-NOT-ROUTED", "not-packaged"]);
    let mut emulation = sample::xclbin(f3, &[(0, &sample::checkpoint(VU9P))]);
    emulation[332] = 4;
    assert_eq!(codes(&check_for(&emulation, &xilinx)), ["XCLBIN-EMULATION", "not-packaged"]);
}

#[test]
fn kernels_have_their_registers_and_memories_and_clocks_what_was_asked_for() {
    let xml = br#"<project><platform><device><core><kernelClocks><clock port="DATA_CLK" frequency="NaN MHz"/>
        <clock port="KERNEL_CLK" frequency="500MHz"/></kernelClocks>
        <kernel name="vadd" hwControlProtocol="ap_ctrl_hs"><arg name="a" port="M_AXI" offset="0x10" size="0x8"/>
        <arg name="n" port="S_AXI" offset="0x1c" size="0x4"/>
        <instance name="vadd_1"><addrRemap base="0x01800000" port="S_AXI"/></instance></kernel>
        </core></device></platform></project>"#;
    let record = |name: &str, base: u64| {
        let mut record = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &base.to_le_bytes(), name.as_bytes()].concat();
        record.resize(80, 0);
        record
    };
    let units =
        [&[2, 0, 0, 0, 0, 0, 0, 0][..], &record("vadd:vadd_2", 0x1c0_0000), &record("vadd_1", 0x180_0000)]
            .concat();
    let bank = |tag: &str| [&[1, 1, 0, 0, 0, 0, 0, 0][..], &[0; 16], tag.as_bytes(), &[0; 11]].concat();
    let memories = [&[2, 0, 0, 0, 0, 0, 0, 0][..], &bank("bank0"), &bank("bank1")].concat();
    let links: Vec<u8> = [2_u32, 0, 1, 1, 1, 0, 0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let system =
        br#"{"system_diagram_metadata": {"xsa": {"clocks": [{"orig_name": "clk_0", "type": "SCALABLE",
        "xclbin_name": "DATA_CLK", "requested_frequency": 300, "achieved_frequency": 287.4}]}}}"#;
    let sections: &[(u32, &[u8])] =
        &[(0, &sample::checkpoint(VU9P)), (7, &links), (6, &memories), (2, xml), (8, &units), (22, system)];
    let exam = check(&sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", sections));
    assert_eq!((codes(&exam), notes(&exam)), (vec![], vec!["xclbin-clock-missed"]));
    let Facts::Xclbin(facts) = exam.facts else { panic!() };
    let kernel = &facts.kernels[0];
    let bases: Vec<(&str, Option<&str>)> =
        kernel.instances.iter().map(|unit| (unit.name.as_str(), unit.base_address.as_deref())).collect();
    assert_eq!(bases, [("vadd_1", Some("0x1800000")), ("vadd_2", Some("0x1c00000"))]);
    assert_eq!(
        (kernel.arguments[1].offset.as_str(), kernel.control.as_deref()),
        ("0x1c", Some("ap_ctrl_hs"))
    );
    let links = |unit: usize| {
        let of = kernel.instances[unit].connections.iter();
        of.map(|link| (link.argument.as_str(), link.memory.as_str())).collect::<Vec<_>>()
    };
    assert_eq!((links(0), links(1)), (vec![("a", "bank1")], vec![("n", "bank0")]));
    let clocks: Vec<(&str, f64, Option<f64>)> =
        facts.clocks.iter().map(|clock| (clock.name.as_str(), clock.mhz, clock.requested_mhz)).collect();
    assert_eq!(clocks, [("KERNEL_CLK", 500.0, None), ("DATA_CLK", 287.4, Some(300.0))]);
    // In whichever order the sections stand: linkers write IP_LAYOUT first.
    let exam = check(&sample::xclbin("xilinx_aliyun-f3_dynamic_5_0", &[(8, &units), (2, xml)]));
    let Facts::Xclbin(facts) = exam.facts else { panic!() };
    let mut units: Vec<(&str, &str, Option<&str>)> = Vec::new();
    for kernel in &facts.kernels {
        let of = kernel.instances.iter();
        units.extend(of.map(|unit| (&*kernel.name, &*unit.name, unit.base_address.as_deref())));
    }
    assert_eq!(units, [("vadd", "vadd_1", Some("0x1800000")), ("vadd", "vadd_2", Some("0x1c00000"))]);
}

#[test]
fn of_each_kind_of_metadata_one_section_is_read_and_what_is_left_out_is_told() {
    let f3 = "xilinx_aliyun-f3_dynamic_5_0";
    let dcp = sample::checkpoint(VU9P);
    let told = |xml: &[&str]| {
        let xml = xml.iter().map(|xml| (2, xml.as_bytes()));
        let exam = check(&sample::xclbin(f3, &[(0, &dcp[..])].into_iter().chain(xml).collect::<Vec<_>>()));
        let Facts::Xclbin(facts) = &exam.facts else { panic!() };
        let kernels: Vec<String> = facts.kernels.iter().map(|kernel| kernel.name.clone()).collect();
        let listed = facts.kernels.iter().map(|kernel| kernel.arguments.len()).sum::<usize>();
        (kernels, listed, notes(&exam))
    };
    let (a, b) = ("<p><kernel name=\"a\"></kernel></p>", "<p><kernel name=\"b\"></kernel></p>");
    assert_eq!(told(&[a, b]), (vec!["a".to_owned()], 0, vec![]));
    let argument = |text: usize| format!("<arg name=\"{}\"/>", "n".repeat(text));
    let kernel = |arguments: &str| format!("<p><kernel name=\"a\">{arguments}</kernel></p>");
    assert_eq!(told(&[&kernel(&argument(5).repeat(4095))]), (vec!["a".to_owned()], 4095, vec![]));
    assert_eq!(told(&[&kernel(&argument(5).repeat(4096))]).1, 4095);
    // A quarter of a mebibyte of text is listed, however it is spread.
    assert_eq!(told(&[&kernel(&argument(256).repeat(4096))]), (vec!["a".to_owned()], 1023, vec!["left-out"]));
    assert_eq!(told(&[&" ".repeat(5 << 20)]), (vec![], 0, vec!["left-out"]));
}
