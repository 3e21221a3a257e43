//! The archive of a batch: pictures, `cards.csv`, and `SHA256SUMS` over all of it.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use libdeflater::Crc;
use sha2::{Digest, Sha256};

use super::{Archive, Names, ZipError};

/// Characters with which a cell becomes a formula in a spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// An archive of pictures that is being written.
///
/// The spreadsheet and the manifest are spooled to nameless files until the end, so that memory does not grow with
/// the batch.
pub struct Package<W> {
    archive: Archive<W>,
    names: Names,
    table: csv::Writer<Spool>,
    manifest: Spool,
}

impl<W: Write> Package<W> {
    /// Begins an archive whose `cards.csv` has these columns. `spool` is a folder for nameless files.
    pub fn new(out: W, date: Date, spool: &Path, columns: &[&str]) -> Result<Self, ZipError> {
        let mut package = Self {
            archive: Archive::new(out, date, spool)?,
            names: Names::default(),
            table: csv::Writer::from_writer(Spool::new(spool)?),
            manifest: Spool::new(spool)?,
        };
        package.row(columns.iter().copied())?;
        Ok(package)
    }

    /// Adds a picture and returns the name that it has got: `folder/stem.extension`, made safe and unique.
    pub fn picture(
        &mut self,
        folder: &str,
        stem: &str,
        extension: &str,
        data: &[u8],
    ) -> Result<String, ZipError> {
        let name = self.names.unique(folder, stem, extension);
        self.archive.add(&name, data)?;
        line(&mut self.manifest, &Sha256::digest(data), &name)?;
        Ok(name)
    }

    /// Adds a row to `cards.csv`. A cell that a spreadsheet would run as a formula gets an apostrophe in front.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<(), ZipError> {
        let cells = cells.into_iter().map(|cell| match cell.starts_with(FORMULA) {
            true => format!("'{cell}"),
            false => cell.to_owned(),
        });
        self.table.write_record(cells).map_err(io::Error::from)?;
        Ok(())
    }

    /// Writes the spreadsheet, the manifest and the directory.
    pub fn finish(mut self) -> Result<W, ZipError> {
        let table = self
            .table
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let sealed = table.seal()?;
        line(&mut self.manifest, &sealed.digest, "cards.csv")?;
        sealed.add_to(&mut self.archive, "cards.csv")?;
        self.manifest.seal()?.add_to(&mut self.archive, "SHA256SUMS")?;
        self.archive.finish()
    }
}

/// A line as `sha256sum` writes and checks it.
fn line(manifest: &mut Spool, digest: &[u8], name: &str) -> io::Result<()> {
    writeln!(manifest, "{}  {name}", HEXLOWER.encode(digest))
}

/// A nameless file that knows its length, checksum and digest.
struct Spool {
    file: BufWriter<File>,
    size: u64,
    crc: Crc,
    digest: Sha256,
}

impl Spool {
    fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(tempfile::tempfile_in(folder)?),
            size: 0,
            crc: Crc::new(),
            digest: Sha256::new(),
        })
    }

    fn seal(self) -> io::Result<Sealed> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Sealed {
            file,
            size: self.size,
            crc: self.crc.sum(),
            digest: self.digest.finalize().into(),
        })
    }
}

impl Write for Spool {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.file.write(data)?;
        let data = &data[..written];
        self.size += written as u64;
        self.crc.update(data);
        self.digest.update(data);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A spooled file that is complete.
struct Sealed {
    file: File,
    size: u64,
    crc: u32,
    digest: [u8; 32],
}

impl Sealed {
    fn add_to<W: Write>(self, archive: &mut Archive<W>, name: &str) -> Result<(), ZipError> {
        archive.add_stream(name, self.size, self.crc, self.file)
    }
}
