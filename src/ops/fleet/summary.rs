//! What a host tells last: framed, with its length and checksum, for the service cuts output where it likes.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The longest text that is unpacked.
const LONGEST: u64 = 16 << 20;

/// What a command came to on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) ended: Ended,
    pub(super) seconds: u64,
    /// How many bytes it wrote.
    pub(super) size: u64,
    /// The last of them, or all.
    pub(super) output: Vec<u8>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With this exit code.
    Code(i32),
    /// At its time's end.
    TimedOut,
    /// With its host, on the way.
    Interrupted,
}

#[derive(Deserialize)]
struct Told {
    code: String,
    seconds: u64,
    size: u64,
    output: String,
}

impl Summary {
    /// The last whole frame of a run in an output; None if it was cut or altered.
    pub(super) fn read(output: &[u8], run: &str) -> Option<Self> {
        let begin = format!("---8<--- faascmd {run} ");
        let at = output.windows(begin.len()).rposition(|window| window == begin.as_bytes())?;
        let frame = &output[at + begin.len()..];
        let end_of_head = frame.iter().position(|byte| *byte == b'\n')?;
        let (length, sum) = std::str::from_utf8(&frame[..end_of_head]).ok()?.split_once(' ')?;
        let body = frame.get(end_of_head + 1..)?.get(..length.parse().ok()?)?;
        let own: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        if own != sum.trim_end() {
            return None;
        }
        let told: Told = serde_json::from_slice(body).ok()?;
        let mut text = Vec::new();
        let packed = BASE64.decode(&told.output).ok()?;
        GzDecoder::new(packed.as_slice()).take(LONGEST).read_to_end(&mut text).ok()?;
        let ended = match told.code.as_str() {
            "timeout" => Ended::TimedOut,
            "interrupted" => Ended::Interrupted,
            code => Ended::Code(code.parse().ok()?),
        };
        Some(Self { ended, seconds: told.seconds, size: told.size, output: text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(run: &str, body: &str) -> String {
        let sum: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("noise\n---8<--- faascmd {run} {} {sum}\n{body}--->8---\n", body.len())
    }

    #[test]
    fn only_a_whole_frame_of_this_run_counts() {
        // An empty text, packed.
        let body = r#"{"code":"3","seconds":1,"size":0,"kept":0,"output":"H4sIAAAAAAAAAwMAAAAAAAAAAAA="}"#;
        let whole = framed("r1", body);
        let read = |text: &str| Summary::read(text.as_bytes(), "r1");
        assert_eq!(read(&whole).unwrap().ended, Ended::Code(3));
        assert!(read(&format!("{}{whole}", framed("r2", body))).is_some());
        assert!(read(&framed("r2", body)).is_none());
        for cut in 0..whole.len() - "--->8---\n".len() {
            assert!(read(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(read(&whole.replace("\"seconds\":1", "\"seconds\":2")).is_none());
    }
}
