//! Storage classes: what it costs to keep something, and whether it can be read at once.

/// The class of an object; that of a bucket is its objects' unless they say another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Class {
    #[default]
    Standard,
    InfrequentAccess,
    Archive,
    ColdArchive,
    DeepColdArchive,
}

impl Class {
    pub(crate) const ALL: [Self; 5] =
        [Self::Standard, Self::InfrequentAccess, Self::Archive, Self::ColdArchive, Self::DeepColdArchive];

    /// As requests and answers write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::InfrequentAccess => "IA",
            Self::Archive => "Archive",
            Self::ColdArchive => "ColdArchive",
            Self::DeepColdArchive => "DeepColdArchive",
        }
    }

    pub(crate) fn of_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == text)
    }

    /// Whether an object has to be restored before it can be read.
    pub(crate) fn is_frozen(self) -> bool {
        matches!(self, Self::Archive | Self::ColdArchive | Self::DeepColdArchive)
    }

    /// The bytes that are paid for an object of this size: all classes but the first count 64 KiB at least.
    pub(crate) fn paid(self, size: u64) -> u64 {
        if self == Self::Standard { size } else { size.max(64 << 10) }
    }
}
