//! What is wrong with a file, or may be: one finding each, with a code that scripts and docs/check.md know.

use serde::{Serialize, Serializer};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Depends on the service, on a target or on taste.
    Warning,
    /// The file contradicts itself, or can't be what the named chip takes.
    Error,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Which fault it is.
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
    /// An error.
    pub(super) fn error(code: Code, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, expected.into(), found.into())
    }

    /// A warning.
    pub(super) fn warning(code: Code, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, expected.into(), found.into())
    }

    fn new(severity: Severity, code: Code, expected: String, found: String) -> Self {
        let (message, advice) = (code.message().into(), code.advice().into());
        Self { severity, code, member: None, message, expected, found, advice }
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
        self.member =
            Some(self.member.map_or_else(|| member.to_owned(), |inner| format!("{member}/{inner}")));
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
            /// Every code.
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
    NoBitstream "no-bitstream" "there is no bitstream in it"
        "link for hardware, with --xp param:compiler.acceleratorBinaryContent=dcp";

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
    fn every_code_is_in_the_table_of_the_documents() {
        let document = include_str!("../../docs/check.md");
        let missing: Vec<&str> = Code::ALL
            .iter()
            .map(|code| code.name())
            .filter(|name| !document.contains(&format!("| `{name}` |")))
            .collect();
        assert!(missing.is_empty(), "docs/check.md has no row for {missing:?}");
    }
}
