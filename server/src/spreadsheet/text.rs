//! A file's bytes as UTF-8 text, in memory that does not grow with the file.
//!
//! A byte order mark decides; without one, text that is not UTF-8 is Windows-1252, as spreadsheets in French and
//! Portuguese save it. What is not UTF-8 already is turned into it in a nameless file.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

/// Bytes read at a time.
const PIECE: usize = 1 << 16;

/// A file as UTF-8, without a mark, and how many lines it has about.
pub struct Text {
    /// The text from its beginning.
    pub file: BufReader<File>,
    /// Ends of lines.
    pub lines: u64,
    /// Whether there is nothing but white space.
    pub is_blank: bool,
}

/// Opens a file, or anything else that can be read once.
pub fn open(path: &Path) -> io::Result<Text> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        let mut copy = tempfile::tempfile()?;
        io::copy(&mut file, &mut copy)?;
        file = copy;
    }
    file.rewind()?;
    let mut first = Vec::new();
    (&file).take(4).read_to_end(&mut first)?;
    let marked = Encoding::for_bom(&first);
    let start = marked.map_or(0, |(_, length)| length as u64);
    let counted = count(&mut file, start)?;
    let encoding = match marked {
        Some((encoding, _)) if encoding != UTF_8 => Some(encoding),
        _ if counted.is_utf8 => None,
        Some(_) => Some(UTF_8),
        None => Some(WINDOWS_1252),
    };
    file.seek(SeekFrom::Start(start))?;
    let (file, counted) = match encoding {
        None => (file, counted),
        Some(encoding) => {
            let mut turned = turned(file, encoding.new_decoder_without_bom_handling())?;
            let counted = count(&mut turned, 0)?;
            turned.rewind()?;
            (turned, counted)
        }
    };
    Ok(Text {
        file: BufReader::with_capacity(PIECE, file),
        lines: counted.lines,
        is_blank: counted.is_blank,
    })
}

struct Counted {
    lines: u64,
    is_utf8: bool,
    is_blank: bool,
}

/// Reads to the end once.
fn count(file: &mut File, start: u64) -> io::Result<Counted> {
    file.seek(SeekFrom::Start(start))?;
    let mut counted = Counted {
        lines: 0,
        is_utf8: true,
        is_blank: true,
    };
    let (mut piece, mut kept) = (vec![0; PIECE], 0);
    loop {
        let read = file.read(&mut piece[kept..])?;
        let bytes = &piece[..kept + read];
        counted.lines += bytes[kept..].iter().filter(|&&byte| byte == b'\n').count() as u64;
        counted.is_blank &= bytes.iter().all(u8::is_ascii_whitespace);
        let rest = match std::str::from_utf8(bytes) {
            Ok(_) => bytes.len(),
            // A letter that goes on in the next piece.
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(_) => {
                counted.is_utf8 = false;
                bytes.len()
            }
        };
        if read == 0 {
            return Ok(counted);
        }
        let end = kept + read;
        piece.copy_within(rest..end, 0);
        kept = end - rest;
    }
}

fn turned(mut file: File, mut decoder: Decoder) -> io::Result<File> {
    let mut out = BufWriter::new(tempfile::tempfile()?);
    let (mut piece, mut text) = (vec![0; PIECE], vec![0; 4 * PIECE]);
    loop {
        let read = file.read(&mut piece)?;
        // The room for text is more than any piece becomes, so that one call takes all of it.
        let (_, _, written, _) = decoder.decode_to_utf8(&piece[..read], &mut text, read == 0);
        out.write_all(&text[..written])?;
        if read == 0 {
            return out.into_inner().map_err(io::IntoInnerError::into_error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut text = String::new();
        open(file.path()).unwrap().file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn letters_on_the_edge_of_a_piece_stay_whole() {
        for shift in 0..4 {
            let text = format!("{}{}", "x".repeat(shift), "é𞤀ߒ".repeat(PIECE / 4));
            assert!(text_of(text.as_bytes()) == text);
            let utf16: Vec<u8> = format!("\u{feff}{text}")
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect();
            assert!(text_of(&utf16) == text);
        }
    }

    #[test]
    fn a_late_byte_that_is_not_utf8_makes_all_of_it_windows_1252() {
        let mut bytes = "a".repeat(3 * PIECE).into_bytes();
        bytes.push(0xe2);
        assert!(text_of(&bytes).ends_with('â'));
        assert_eq!(text_of(b"caf\xc3"), "cafÃ");
    }
}
