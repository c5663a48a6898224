//! Deflate as a step that says how it went, and gzip as a reader on top of it (RFC 1951, RFC 1952).

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::bytes::{u16_at, u32_at};
use super::source::{Input, Skip};
use super::{Code, Finding};

/// One step of decompression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes came out.
    Bytes(usize),
    /// The stream said that it ends.
    End,
    /// The input ended before the stream.
    CutOff,
    /// The bytes are no deflate stream.
    Corrupt,
}

/// Decompresses into `out`; more than one call is needed for a stream.
pub(super) fn step(decoder: &mut Decompress, input: &mut dyn Input, out: &mut [u8]) -> io::Result<Step> {
    loop {
        let next = input.peek(1)?;
        let (before_in, before_out) = (decoder.total_in(), decoder.total_out());
        let last = if next.is_empty() { FlushDecompress::Finish } else { FlushDecompress::None };
        let outcome = decoder.decompress(next, out, last);
        let had_input = !next.is_empty();
        let went = |before: u64, after: u64| usize::try_from(after - before).expect("within the buffer");
        input.consume(went(before_in, decoder.total_in()));
        let came = went(before_out, decoder.total_out());
        match outcome {
            Err(_) if had_input => return Ok(Step::Corrupt),
            _ if came > 0 => return Ok(Step::Bytes(came)),
            Ok(Status::StreamEnd) => return Ok(Step::End),
            Ok(_) if had_input && decoder.total_in() > before_in => {}
            _ if had_input => return Ok(Step::Corrupt),
            _ => return Ok(Step::CutOff),
        }
    }
}

/// How much may come out of the archives in a file of a size, however they are nested: packages of checkpoints shrink by
/// little, and the configuration data of a VU9P is 80 MB.
pub(super) fn budget(size: u64) -> u64 {
    size.saturating_mul(100).clamp(256 << 20, 1 << 40)
}

/// What is meant to fill a disk, after so many bytes.
pub(super) fn bomb(bytes: u64) -> Finding {
    Finding::error(Code::Bomb, "content that fits its size", format!("more than {bytes} bytes"))
}

/// What is wrong with a gzip stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GzipFault {
    /// It ends before its end.
    CutOff,
    /// A header or the deflate stream is not what it should be.
    Corrupt,
    /// The content's CRC or length is another than the trailer's.
    Checksum {
        /// CRC and length, as the trailer says.
        stated: (u32, u32),
        /// CRC and length of what came out.
        computed: (u32, u32),
    },
    /// It swells beyond reason.
    Bomb,
}

/// What came out of an input compressed with gzip, of one member or of several. A fault ends it.
pub(super) struct Gunzip<'a> {
    input: &'a mut dyn Input,
    decoder: Decompress,
    crc: Crc,
    /// Where in the stream the input stands.
    place: Place,
    /// How many bytes may come out.
    limit: u64,
    /// Bytes that came out.
    pub(super) bytes_out: u64,
    /// What stopped it before its end.
    pub(super) fault: Option<GzipFault>,
    /// Whether bytes follow that are no gzip member and not padding.
    pub(super) trailing: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Header,
    Content,
    End,
}

impl<'a> Gunzip<'a> {
    /// Begins at a member's header, and gives at most so many bytes.
    pub(super) fn new(input: &'a mut dyn Input, limit: u64) -> Self {
        let (decoder, crc) = (Decompress::new(false), Crc::new());
        Self { input, decoder, crc, place: Place::Header, limit, bytes_out: 0, fault: None, trailing: false }
    }

    fn fail(&mut self, fault: GzipFault) {
        self.fault = Some(fault);
        self.place = Place::End;
    }

    /// Reads a member's header.
    fn begin(&mut self) -> io::Result<()> {
        match header(self.input)? {
            Ok(()) => {
                self.decoder.reset(false);
                self.crc.reset();
                self.place = Place::Content;
            }
            Err(fault) => self.fail(fault),
        }
        Ok(())
    }

    /// Reads a member's trailer, and looks whether another member follows.
    fn finish(&mut self) -> io::Result<()> {
        let trailer = self.input.take(8)?;
        if trailer.len() < 8 {
            self.fail(GzipFault::CutOff);
            return Ok(());
        }
        let stated = (u32_at(&trailer, 0), u32_at(&trailer, 4));
        let computed = (self.crc.sum(), self.crc.amount());
        if stated != computed {
            self.fail(GzipFault::Checksum { stated, computed });
            return Ok(());
        }
        self.look_behind_a_member()
    }

    /// Tapes and block devices pad with zeros; gzip itself passes over them.
    fn look_behind_a_member(&mut self) -> io::Result<()> {
        loop {
            let next = self.input.peek(2)?;
            let zeros = next.iter().take_while(|byte| **byte == 0).count();
            if next.starts_with(&[0x1f, 0x8b]) {
                self.place = Place::Header;
                return Ok(());
            }
            if zeros == 0 {
                self.place = Place::End;
                self.trailing = !next.is_empty();
                return Ok(());
            }
            self.input.consume(zeros);
        }
    }
}

impl Read for Gunzip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !out.is_empty() {
            match self.place {
                Place::Header => self.begin()?,
                Place::End => break,
                Place::Content => match step(&mut self.decoder, self.input, out)? {
                    Step::Bytes(came) => {
                        self.crc.update(&out[..came]);
                        self.bytes_out += came as u64;
                        if self.bytes_out > self.limit {
                            self.fail(GzipFault::Bomb);
                        }
                        return Ok(came);
                    }
                    Step::End => self.finish()?,
                    Step::CutOff => self.fail(GzipFault::CutOff),
                    Step::Corrupt => self.fail(GzipFault::Corrupt),
                },
            }
        }
        Ok(0)
    }
}

impl Skip for Gunzip<'_> {
    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        io::copy(&mut self.by_ref().take(bytes), &mut io::sink())
    }
}

/// Passes over a member's header: 10 bytes, then what its flags announce.
fn header(input: &mut dyn Input) -> io::Result<Result<(), GzipFault>> {
    const FHCRC: u8 = 2;
    const FEXTRA: u8 = 4;
    const FNAME: u8 = 8;
    const FCOMMENT: u8 = 16;
    let fixed = input.take(10)?;
    let whole = match fixed[..] {
        [0x1f, 0x8b, 8, flags, _, _, _, _, _, _] => {
            let has = |flag: u8| flags & flag != 0;
            (!has(FEXTRA) || skip_field(input)?)
                && (!has(FNAME) || skip_text(input)?)
                && (!has(FCOMMENT) || skip_text(input)?)
                && (!has(FHCRC) || input.skip(2)? == 2)
        }
        _ if fixed.len() < 10 => false,
        _ => return Ok(Err(GzipFault::Corrupt)),
    };
    Ok(if whole { Ok(()) } else { Err(GzipFault::CutOff) })
}

/// Passes over a field that begins with its length; false when the input ends before it does.
fn skip_field(input: &mut dyn Input) -> io::Result<bool> {
    let length = input.take(2)?;
    let bytes = u64::from(u16_at(&length, 0));
    Ok(length.len() == 2 && input.skip(bytes)? == bytes)
}

/// Passes over a text that a NUL ends; false when the input ends before it.
fn skip_text(input: &mut dyn Input) -> io::Result<bool> {
    loop {
        let next = input.peek(1)?;
        let text = next.iter().take_while(|byte| **byte != 0).count();
        let (found, step) = (text < next.len(), next.len().min(text + 1));
        if next.is_empty() {
            return Ok(false);
        }
        input.consume(step);
        if found {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::write::GzEncoder;

    use super::super::source::{Buffered, Seeking};
    use super::*;

    fn member(content: &[u8]) -> Vec<u8> {
        let builder = flate2::GzBuilder::new().filename("a.tar").comment("made here").extra([7, 0, 1]);
        let mut encoder = builder.write(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip(bytes: &[u8]) -> (Vec<u8>, Option<GzipFault>, bool) {
        let mut input = Buffered::new(Seeking::new(Cursor::new(bytes), bytes.len() as u64));
        let mut gunzip = Gunzip::new(&mut input, budget(bytes.len() as u64));
        let mut out = Vec::new();
        gunzip.read_to_end(&mut out).unwrap();
        (out, gunzip.fault, gunzip.trailing)
    }

    #[test]
    fn several_members_make_one_content_and_padding_is_nothing() {
        let bytes = [member(b"to_"), member(b""), vec![0; 700], member(b"aliyun"), vec![0; 3]].concat();
        assert_eq!(gunzip(&bytes), (b"to_aliyun".to_vec(), None, false));
        assert!(gunzip(&[member(b"a"), b"\0\0junk".to_vec()].concat()).2);
    }

    #[test]
    fn a_stream_cut_anywhere_says_so() {
        let bytes = member(&b"what came out of it ".repeat(20));
        for end in 0..bytes.len() {
            assert_eq!(gunzip(&bytes[..end]).1, Some(GzipFault::CutOff), "{end}");
        }
    }

    #[test]
    fn a_wrong_checksum_says_both() {
        let mut bytes = member(b"content");
        let at = bytes.len() - 8;
        bytes[at] ^= 1;
        let Some(GzipFault::Checksum { stated, computed }) = gunzip(&bytes).1 else { panic!() };
        assert_eq!((stated.0 ^ computed.0, computed.1), (1, 7));
    }

    #[test]
    fn what_swells_beyond_reason_is_stopped() {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..300 {
            encoder.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let bytes = encoder.finish().unwrap();
        let mut input = Buffered::new(Seeking::new(Cursor::new(&bytes), bytes.len() as u64));
        let mut gunzip = Gunzip::new(&mut input, budget(bytes.len() as u64));
        let came = io::copy(&mut gunzip, &mut io::sink()).unwrap();
        assert_eq!(gunzip.fault, Some(GzipFault::Bomb));
        assert!(came <= budget(0) + (1 << 20), "{came}");
    }
}
