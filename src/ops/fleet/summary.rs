//! What a host tells last: framed, with its length and checksum, for the service cuts output where it likes.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::base::fingerprint::hex;

/// The longest text that is unpacked.
const LONGEST: u64 = 16 << 20;

/// What a command came to on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) ended: Ended,
    pub(super) seconds: u64,
    /// How many bytes it wrote.
    pub(super) size: u64,
    /// The last of them, or all; None if they were cut on the way.
    pub(super) output: Option<Vec<u8>>,
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
}

impl Summary {
    /// What the frames of a run in an output tell; None if the one that says how it ended was cut or altered.
    pub(super) fn read(output: &[u8], run: &str) -> Option<Self> {
        let told: Told = serde_json::from_slice(frame(output, run, "ended")?).ok()?;
        let ended = match told.code.as_str() {
            "timeout" => Ended::TimedOut,
            "interrupted" => Ended::Interrupted,
            code => Ended::Code(code.parse().ok()?),
        };
        let text = frame(output, run, "output").and_then(unpacked);
        let text = text.or_else(|| (told.size == 0).then(Vec::new));
        Some(Self { ended, seconds: told.seconds, size: told.size, output: text })
    }
}

/// The last whole frame of a kind; how it ended is told before and after the output.
fn frame<'o>(output: &'o [u8], run: &str, kind: &str) -> Option<&'o [u8]> {
    let begin = format!("---8<--- faascmd {run} {kind} ");
    let windows = output.windows(begin.len()).enumerate().rev();
    let begun = windows.filter(|(_, window)| *window == begin.as_bytes());
    begun.map(|(at, _)| &output[at + begin.len()..]).find_map(whole)
}

/// The body of a frame that begins with its length and checksum, if it is whole.
fn whole(frame: &[u8]) -> Option<&[u8]> {
    let end_of_head = frame.iter().position(|byte| *byte == b'\n')?;
    let (length, sum) = std::str::from_utf8(&frame[..end_of_head]).ok()?.split_once(' ')?;
    let body = frame.get(end_of_head + 1..)?.get(..length.parse().ok()?)?;
    let own = hex(&Sha256::digest(body));
    (own == sum).then_some(body)
}

fn unpacked(text: &[u8]) -> Option<Vec<u8>> {
    let packed = BASE64.decode(text.trim_ascii()).ok()?;
    let mut text = Vec::new();
    GzDecoder::new(packed.as_slice()).take(LONGEST).read_to_end(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(run: &str, kind: &str, body: &str) -> String {
        let sum = hex(&Sha256::digest(body));
        format!("noise\n---8<--- faascmd {run} {kind} {} {sum}\n{body}", body.len())
    }

    #[test]
    fn only_a_whole_frame_of_this_run_counts() {
        let body = "{\"code\":\"3\",\"seconds\":1,\"size\":4}\n";
        let whole = framed("r1", "ended", body);
        let read = |text: &str| Summary::read(text.as_bytes(), "r1");
        let told = read(&format!("{whole}--->8---\n")).unwrap();
        assert_eq!((told.ended, told.output), (Ended::Code(3), None));
        assert!(read(&format!("{}{whole}", framed("r2", "ended", body))).is_some());
        assert!(read(&framed("r2", "ended", body)).is_none());
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(read(&whole.replace("\"seconds\":1", "\"seconds\":2")).is_none());
    }

    #[test]
    fn an_output_that_was_cut_does_not_hide_how_it_ended() {
        // "abc\n", packed.
        let text = "H4sIAAAAAAACA0tMSuYCAE6BiEcEAAAA\n";
        let ended = framed("r1", "ended", "{\"code\":\"0\",\"seconds\":1,\"size\":4}\n");
        let whole =
            Summary::read(format!("{}{ended}", framed("r1", "output", text)).as_bytes(), "r1").unwrap();
        assert_eq!(whole.output.as_deref(), Some(&b"abc\n"[..]));
        let cut = framed("r1", "output", text).replace("A0tM", "");
        let cut = Summary::read(format!("{cut}{ended}").as_bytes(), "r1").unwrap();
        assert_eq!((cut.ended, cut.output), (Ended::Code(0), None));
    }
}
