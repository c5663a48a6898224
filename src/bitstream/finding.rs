//! What is wrong with a file, or may be: one finding each, with a code that scripts and docs/check.md know.

use std::io;

use serde::{Serialize, Serializer};

/// So many findings are kept of a file; the rest would say the same.
pub(super) const FINDINGS_LIMIT: usize = 200;

/// What stands in a file can be as long as the file; so much of it is shown.
pub(super) const TEXT_LIMIT: usize = 512;

/// The beginning of a text that is longer than so many bytes.
pub(super) fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// What ends the reading of a file early: the file can't be read, or makes no sense from here on.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    Finding(Box<Finding>),
}

impl Stop {
    /// What makes no sense; what can't be read stays an error.
    pub(super) fn finding(self) -> io::Result<Finding> {
        match self {
            Self::Io(error) => Err(error),
            Self::Finding(finding) => Ok(*finding),
        }
    }
}

/// What was read; nothing where it makes no sense.
pub(super) fn known<T>(outcome: Result<T, Stop>) -> io::Result<Option<T>> {
    outcome.map(Some).or_else(|stop| stop.finding().map(|_| None))
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Finding(Box::new(finding))
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing says that it is wrong.
    Note,
    /// Depends on the service, on a target or on taste.
    Warning,
    /// The file contradicts itself, or can't be what the named chip takes.
    Error,
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    pub code: Code,
    /// The member of an archive that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What is wrong, in a phrase.
    pub message: String,
    /// What should have been there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do.
    pub advice: String,
}

impl Finding {
    pub(super) fn error(code: Code, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, expected.into(), found.into())
    }
    pub(super) fn warning(code: Code, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, expected.into(), found.into())
    }
    pub(super) fn note(code: Code, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, expected.into(), found.into())
    }

    fn new(severity: Severity, code: Code, expected: String, found: String) -> Self {
        let (message, advice) = (code.message().into(), code.advice().into());
        let (expected, found) = (cut(expected, TEXT_LIMIT), cut(found, TEXT_LIMIT));
        Self { severity, code, member: None, message, expected, found, advice }
    }

    /// Puts a phrase that fits the case better in the place of the code's own.
    #[must_use]
    pub(super) fn say(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Puts an advice that knows more in the place of the code's own.
    #[must_use]
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// The same finding, told of a member of an archive.
    #[must_use]
    pub(super) fn of_member(mut self, member: &str) -> Self {
        let name = self.member.map_or_else(|| member.to_owned(), |inner| format!("{member}/{inner}"));
        self.member = Some(cut(name, TEXT_LIMIT));
        self
    }
}

/// Declares the codes: name, what is wrong, what to do about it.
macro_rules! codes {
    ($($code:ident $name:literal $message:literal $advice:literal;)*) => {
        /// The faults that are told apart; docs/check.md has the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $message] $code,)* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The name that scripts see: `gzip-cut-off`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }

            /// What is wrong, in a phrase.
            pub fn message(self) -> &'static str {
                match self { $(Self::$code => $message,)* }
            }

            /// What to do about it, where the file gives no better advice.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$code => $advice,)* }
            }
        }
    };
}

codes! {
    Empty "empty" "the file has no bytes"
        "build or copy it again: the tool that wrote it probably ran out of disk space";
    Unrecognised "unrecognised" "no kind of file that is known here begins like this"
        "give the .gbs (f1), or the .tar.gz that the packaging script wrote (f2, f3)";
    NotLoadable "not-loadable" "the service makes no image of this kind of file"
        "give the .gbs (f1), or the .tar.gz that the packaging script wrote (f2, f3)";
    NotPackaged "not-packaged" "the documents send a package, not this file itself"
        "package it: sdaccel_package.sh for an xclbin, the end of the RTL flow's compiling.sh for a checkpoint";
    WrongKind "wrong-kind" "the chip takes another kind of file"
        "choose the chip that fits the file, or build the file for this chip";
    PartUnknown "part-unknown" "the part is that of no known instance"
        "set the part of your instance's card in the project and build again";
    PartOtherFamily "part-other-family" "the part is of another device family than the chip"
        "set the part of your instance's card in the project and build again";
    PartOtherDevice "part-other-device" "the part is another device than the chip"
        "set the part of your instance's card in the project and build again";
    NoBitstream "no-bitstream" "there is no bitstream in it"
        "link for hardware, with --xp param:compiler.acceleratorBinaryContent=dcp";

    LeftOut "left-out" "there is more in it than is listed here"
        "nothing: the totals count everything";
    Bomb "bomb" "it swells beyond reason when it is unpacked"
        "look into it with other tools before you trust it";
    TrailingBytes "trailing-bytes" "bytes follow behind the end"
        "make the file again if you did not put them there";

    ZipCutOff "zip-cut-off" "the zip ends before its end"
        "copy or build it again: the file is cut off";
    ZipStructure "zip-structure" "something else stands where the zip's next record should be"
        "copy or build it again: the file was changed or mixed up";
    ZipCorrupt "zip-corrupt" "a member can't be unpacked"
        "copy or build it again: the file was changed on its way";
    ZipCrc "zip-crc" "a member is not what the zip says of it"
        "copy or build it again: the file was changed on its way";
    ZipDirectory "zip-directory" "the zip's directory and its members disagree"
        "copy or build it again: the file was changed on its way";

    DcpNoXml "dcp-no-xml" "there is no dcp.xml in it: it is not a Vivado checkpoint"
        "give what write_checkpoint wrote";
    DcpXml "dcp-xml" "its dcp.xml is not what Vivado writes"
        "write the checkpoint again";
    DcpMemberMissing "dcp-member-missing" "dcp.xml lists members that are not in the zip"
        "write the checkpoint again, and do not edit it with zip";
    DcpIncomplete "dcp-incomplete" "a part of the design is missing or empty"
        "write the checkpoint again: the disk was full, or it was edited";
    DcpOutOfContext "dcp-out-of-context" "it is an out-of-context checkpoint: a part of a design"
        "write the checkpoint of the whole design, with the shell around it";
    DcpNotRouted "dcp-not-routed" "it is not routed"
        "write the checkpoint after route_design";
    DcpTiming "dcp-timing" "the design does not meet its timing"
        "see report_timing_summary: an image of it may fail at random";
    DcpOldTool "dcp-old-tool" "it was written by an older Vivado than the instances' documents use"
        "build with the version that your instance's image has";

    BitCutOff "bit-cut-off" "the header is cut off"
        "copy or build it again: the file is cut off";
    BitField "bit-field" "a field of the header is not what Vivado writes"
        "copy or build it again: the file was changed on its way";
    BitLength "bit-length" "the length in the header is not that of the file"
        "copy or build it again: the file is cut off or was changed";

    BitSyncWord "bit-sync-word" "there is no sync word at the beginning of the configuration data"
        "copy or build it again: the chip would ignore what is there";

    XclbinCutOff "xclbin-cut-off" "the header is cut off"
        "copy or link it again: the file is cut off";
    XclbinSections "xclbin-sections" "the number of sections is beyond reason"
        "copy or link it again: the file was changed on its way";
    XclbinLength "xclbin-length" "the length in the header is not that of the file"
        "copy or link it again: the file is cut off or was changed";
    XclbinSectionOutside "xclbin-section-outside" "a section lies outside of the file"
        "copy or link it again: the file is cut off or was changed";
    XclbinSectionOverlap "xclbin-section-overlap" "a section lies over another, or over the headers"
        "copy or link it again: the file was changed on its way";
    XclbinEmulation "xclbin-emulation" "it is for emulation, and no chip can load it"
        "link for hardware: `xocc -t hw`, `v++ -t hw`";
    XclbinContent "xclbin-content" "its bitstream is not a checkpoint, of which the service makes the bitstream"
        "link with --xp param:compiler.acceleratorBinaryContent=dcp";
    XclbinPlatform "xclbin-platform" "the platform is that of no known instance"
        "link for the platform that your instance's image has";
    XclbinClock "xclbin-clock" "the data clock is faster than the documents have it for the instance"
        "set the clock in xclbin.xml, or link with --kernel_frequency";
    XclbinClockMissed "xclbin-clock-missed" "a clock is slower than what was asked for"
        "expect the kernel to run at the achieved clock";
    XclbinHeaderOnly "xclbin-header-only" "it is the header of an xclbin without its sections"
        "nothing: the packaging script leaves it beside the checkpoint";
    ElfCutOff "elf-cut-off" "the table of sections lies outside of the file"
        "copy or build it again: the file is cut off";

    GzipCutOff "gzip-cut-off" "the gzip stream ends before its end"
        "copy or package it again: the file is cut off";
    GzipCorrupt "gzip-corrupt" "the gzip stream is damaged"
        "copy or package it again: the file was changed on its way";
    GzipCrc "gzip-crc" "what comes out of gzip is not what went in"
        "copy or package it again: the file was changed on its way";
    TarCutOff "tar-cut-off" "the tar archive ends before its end"
        "package it again: the archive is cut off";
    TarNoEnd "tar-no-end" "the tar archive has no end mark"
        "package it again, or see whether all is there: `tar tzf FILE`";
    TarHeader "tar-header" "a member's header is damaged"
        "package it again: the archive was changed or mixed up";
    TarName "tar-name" "a member's name leads out of the folder it is unpacked into"
        "package it from inside its folder, with names that begin there";
    TarLink "tar-link" "a member is a link or a device, not a file"
        "package the file itself: `tar --dereference`";
    TarSparse "tar-sparse" "a member is stored without its holes, and can't be looked into"
        "package it without `--sparse`";
    NothingLoadable "nothing-loadable" "there is no checkpoint and no bitstream in it"
        "package the checkpoint: the .dcp in to_aliyun/ of sdaccel_package.sh, or that of the RTL flow";
    SeveralLoadable "several-loadable" "there is more than one checkpoint or bitstream in it"
        "package only the one that is meant";

    ManifestMismatch "manifest-mismatch" "the manifest is that of another checkpoint"
        "package the checkpoint together with the manifest that was written for it";

    GbsMetadataLength "gbs-metadata-length" "the length of the metadata is not that of the file"
        "run OPAE's packager again: the file is cut off or was changed";
    GbsMetadataJson "gbs-metadata-json" "the metadata is not a JSON object with the fields of an AFU"
        "run OPAE's packager again with the AFU's own .json";
    GbsVersion "gbs-version" "the version of the metadata is not known to OPAE"
        "run OPAE's packager again with the AFU's own .json";
    GbsMagicNumber "gbs-magic-number" "the metadata's magic-no is another"
        "run OPAE's packager again with the AFU's own .json";
    GbsUuid "gbs-uuid" "an id in the metadata does not parse"
        "correct the id in the AFU's .json and run OPAE's packager again";
    GbsNoPayload "gbs-no-payload" "there is no bitstream behind the metadata"
        "run OPAE's packager again with the .rbf that Quartus wrote";
    GbsInterfaceUnknown "gbs-interface-unknown" "the interface id is not the one known for the shell"
        "build against the shell of your instance: `faascmd fpga ls` names it";
    GbsPayload "gbs-payload" "what stands behind the metadata is not a raw bitstream"
        "run OPAE's packager again with the .rbf that Quartus wrote";
    GbsPayloadLength "gbs-payload-length" "nothing in a .gbs tells how long its bitstream should be"
        "compare the payload's size with that of the .rbf, if the file was copied";
    GbsOddPayload "gbs-odd-payload" "the bitstream is not a whole number of 32-bit words"
        "compare its size with that of the .rbf: the file may be cut off, and nothing in it tells its length";
    GbsWrapped "gbs-wrapped" "it is a green bitstream in a legacy or signed form"
        "give the .gbs that OPAE's packager wrote, before PACSign";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_kind_and_table_row_is_in_the_document() {
        use crate::bitstream::{Kind, tables};
        let document = include_str!("../../docs/check.md");
        let codes = Code::ALL.iter().map(|code| code.name());
        let kinds = Kind::ALL.iter().map(|kind| kind.name());
        let devices = tables::INSTANCES.iter().map(|row| row.device);
        let shells = tables::SHELLS.iter().map(|row| row.id);
        let interfaces = tables::INTERFACES.iter().map(|row| row.uuid);
        let platforms = tables::PLATFORMS.iter().map(|row| row.vbnv);
        let names = codes.chain(kinds).chain(devices).chain(shells).chain(interfaces).chain(platforms);
        let missing: Vec<&str> = names.filter(|name| !document.contains(&format!("| `{name}` |"))).collect();
        assert!(missing.is_empty(), "docs/check.md has no row for {missing:?}");
    }
}
