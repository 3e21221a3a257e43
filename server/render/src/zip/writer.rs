//! Entries in, bytes out.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use jiff::civil::Date;

use super::records::{self, Entry};

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The disk's own.
    #[error("the archive could not be written: {0}")]
    Io(#[from] io::Error),
    /// A name with more bytes than the format holds.
    #[error("the name of an entry has {0} bytes; the format holds 65,535")]
    LongName(usize),
    /// Data that does not have the size that was announced.
    #[error("an entry was announced with {announced} bytes and has {found}")]
    Size {
        /// Bytes that the header speaks of.
        announced: u64,
        /// Bytes that came.
        found: u64,
    },
}

/// An archive that is being written.
pub struct Archive<W> {
    out: W,
    date: Date,
    offset: u64,
    entries: u64,
    directory: BufWriter<File>,
    directory_size: u64,
}

impl<W: Write> Archive<W> {
    /// Begins an archive. All entries are dated with one day; `spool` is a folder for the nameless file in which the
    /// directory waits for the end.
    pub fn new(out: W, date: Date, spool: &Path) -> Result<Self, ZipError> {
        Ok(Self {
            out,
            date,
            offset: 0,
            entries: 0,
            directory: BufWriter::new(tempfile::tempfile_in(spool)?),
            directory_size: 0,
        })
    }

    /// Adds an entry. Names are given by [`super::Names`], or are known to be safe and unique.
    pub fn add(&mut self, name: &str, data: &[u8]) -> Result<(), ZipError> {
        let (size, crc) = (data.len() as u64, libdeflater::crc32(data));
        self.begin(name, size, crc)?;
        self.out.write_all(data)?;
        self.offset += size;
        Ok(())
    }

    /// Adds an entry of any size whose length and CRC-32 are known, in constant memory.
    pub fn add_stream(&mut self, name: &str, size: u64, crc: u32, data: impl Read) -> Result<(), ZipError> {
        self.begin(name, size, crc)?;
        let found = io::copy(&mut data.take(size.saturating_add(1)), &mut self.out)?;
        if found != size {
            return Err(ZipError::Size {
                announced: size,
                found,
            });
        }
        self.offset += size;
        Ok(())
    }

    fn begin(&mut self, name: &str, size: u64, crc: u32) -> Result<(), ZipError> {
        if name.len() > usize::from(u16::MAX) {
            return Err(ZipError::LongName(name.len()));
        }
        let entry = Entry {
            name,
            size,
            crc,
            date: self.date,
            offset: self.offset,
        };
        let header = entry.local_header();
        self.out.write_all(&header)?;
        let line = entry.directory_line();
        self.directory.write_all(&line)?;
        self.offset += header.len() as u64;
        self.directory_size += line.len() as u64;
        self.entries += 1;
        Ok(())
    }

    /// Entries so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Writes the directory and gives back what was written to.
    pub fn finish(mut self) -> Result<W, ZipError> {
        let mut directory = self
            .directory
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        directory.rewind()?;
        io::copy(&mut directory, &mut self.out)?;
        self.out
            .write_all(&records::end(self.entries, self.directory_size, self.offset))?;
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Keeps the first and the last bytes of what passes, and counts the rest.
    #[derive(Default)]
    struct Counting {
        count: u64,
        tail: Vec<u8>,
    }

    impl Write for Counting {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.count += data.len() as u64;
            let end = &data[data.len().saturating_sub(4096)..];
            let kept = self.tail.len().min(4096 - end.len());
            self.tail.drain(..self.tail.len() - kept);
            self.tail.extend_from_slice(end);
            Ok(data.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn archive<W: Write>(out: W) -> Archive<W> {
        Archive::new(out, date(2026, 11, 25), &std::env::temp_dir()).unwrap()
    }

    fn u64_at(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn the_records_are_those_of_the_format() {
        let mut archive = archive(Vec::new());
        archive.add("cards/é.png", b"abc").unwrap();
        let bytes = archive.finish().unwrap();
        assert_eq!(&bytes[..4], b"PK\x03\x04");
        assert_eq!(&bytes[6..8], [0, 8], "UTF-8, and no data descriptor");
        assert_eq!(&bytes[12..14], (46_u16 << 9 | 11 << 5 | 25).to_le_bytes());
        assert_eq!(&bytes[14..18], 0x3524_41c2_u32.to_le_bytes(), "CRC-32 of abc");
        assert_eq!(&bytes[30 + 12..30 + 15], b"abc");
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        assert!(
            !bytes.windows(4).any(|window| window == b"PK\x06\x06"),
            "no ZIP64 where none is needed"
        );
    }

    #[test]
    fn past_four_gibibytes_offsets_and_sizes_are_64_bits() {
        let mut archive = archive(Counting::default());
        let size = 5 << 30;
        archive
            .add_stream("large", size, 0, io::repeat(0).take(size))
            .unwrap();
        archive.add("behind", b"x").unwrap();
        let out = archive.finish().unwrap();
        let tail = &out.tail;
        let end64 = tail
            .windows(4)
            .rposition(|window| window == b"PK\x06\x06")
            .unwrap();
        let (entries, directory_size, directory) = (
            u64_at(tail, end64 + 32),
            u64_at(tail, end64 + 40),
            u64_at(tail, end64 + 48),
        );
        assert_eq!((entries, directory + directory_size + 98), (2, out.count));
        let at = tail.len() - 98 - directory_size as usize;
        let large = &tail[at..];
        assert_eq!(&large[..4], b"PK\x01\x02");
        assert_eq!(&large[20..28], [0xff; 8], "both sizes are in the extra field");
        assert_eq!(
            (u64_at(large, 46 + 5 + 4), u64_at(large, 46 + 5 + 12)),
            (size, size)
        );
        let behind = &large[46 + 5 + 20..];
        assert_eq!(&behind[42..46], [0xff; 4], "its offset is in the extra field");
        assert_eq!(u64_at(behind, 46 + 6 + 4), 30 + 5 + 20 + size);
    }

    #[test]
    fn data_of_another_size_than_announced_is_an_error() {
        for data in [&b"ab"[..], b"abcd"] {
            let refused = archive(Vec::new()).add_stream("x", 3, 0, data);
            assert!(matches!(refused, Err(ZipError::Size { announced: 3, .. })));
        }
        let name = "x".repeat(70_000);
        assert!(matches!(
            archive(Vec::new()).add(&name, b""),
            Err(ZipError::LongName(70_000))
        ));
    }
}
