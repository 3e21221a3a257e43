//! Objects in, bytes out, front to back.

use std::io::{self, Write};

use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest as _, Sha256};

use super::PdfError;

/// Small objects that share a stream.
const SHARED: usize = 200;
/// The most objects that readers are bound to take (ISO 32000-1, annex C).
const MAX_OBJECTS: usize = 8_388_607;
/// Marks the place of an object that is inside an object stream.
const INSIDE: u64 = 1 << 63;

/// A PDF that is being written.
pub struct File<W> {
    out: W,
    offset: u64,
    /// For each object its offset, or its stream and its place there. 0 for one that is promised.
    places: Vec<u64>,
    heads: String,
    bodies: Vec<u8>,
    waiting: Vec<u32>,
    compressor: Compressor,
}

impl<W: Write> File<W> {
    /// Begins a file of version 1.7.
    pub fn new(out: W) -> Result<Self, PdfError> {
        let mut file = Self {
            out,
            offset: 0,
            places: vec![0],
            heads: String::new(),
            bodies: Vec::new(),
            waiting: Vec::new(),
            compressor: Compressor::new(CompressionLvl::default()),
        };
        // The second line says that the file is binary.
        file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
        Ok(file)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// Promises an object; it is written later.
    pub fn promise(&mut self) -> Result<u32, PdfError> {
        if self.places.len() >= MAX_OBJECTS {
            return Err(PdfError::TooManyObjects);
        }
        self.places.push(0);
        Ok(self.places.len() as u32 - 1)
    }

    /// Writes a small object, one without a stream. It shares a compressed stream with others.
    pub fn object(&mut self, number: u32, body: &[u8]) -> Result<(), PdfError> {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(self.heads, "{number} {} ", self.bodies.len());
        self.bodies.extend_from_slice(body);
        self.bodies.push(b'\n');
        self.waiting.push(number);
        if self.waiting.len() == SHARED {
            self.share()
        } else {
            Ok(())
        }
    }

    fn share(&mut self) -> Result<(), PdfError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let stream = self.promise()?;
        let waiting = std::mem::take(&mut self.waiting);
        for (index, number) in waiting.iter().enumerate() {
            self.places[*number as usize] = INSIDE | u64::from(stream) << 16 | index as u64;
        }
        let mut data = std::mem::take(&mut self.heads).into_bytes();
        let entries = format!("/Type/ObjStm/N {}/First {}", waiting.len(), data.len());
        data.append(&mut self.bodies);
        self.stream(stream, &entries, &data)
    }

    /// Writes an object with a stream, compressed here. `entries` are those of its dictionary besides length and filter.
    pub fn stream(&mut self, number: u32, entries: &str, data: &[u8]) -> Result<(), PdfError> {
        let mut packed = vec![0; self.compressor.zlib_compress_bound(data.len())];
        let length = self
            .compressor
            .zlib_compress(data, &mut packed)
            .map_err(|error| io::Error::other(error.to_string()))?;
        self.packed(number, entries, &packed[..length])
    }

    /// Writes an object with a stream that is compressed (zlib) already.
    pub fn packed(&mut self, number: u32, entries: &str, data: &[u8]) -> Result<(), PdfError> {
        self.raw(number, &format!("{entries}/Filter/FlateDecode"), data)
    }

    /// Writes an object with a stream as it is: metadata, which tools find without unpacking.
    pub fn raw(&mut self, number: u32, entries: &str, data: &[u8]) -> Result<(), PdfError> {
        self.places[number as usize] = self.offset;
        self.write(format!("{number} 0 obj\n<<{entries}/Length {}>>stream\n", data.len()).as_bytes())?;
        self.write(data)?;
        self.write(b"\nendstream\nendobj\n")?;
        Ok(())
    }

    /// Writes the table of objects and the end, and gives back what was written to.
    pub fn finish(mut self, catalog: u32, info: u32) -> Result<W, PdfError> {
        self.share()?;
        let table = self.promise()?;
        self.places[table as usize] = self.offset;
        let start = self.offset;
        let mut rows = Vec::with_capacity(self.places.len() * 9);
        let mut above = [0_u8; 8];
        let mut id = Sha256::new();
        for (number, &place) in self.places.iter().enumerate() {
            let row = row(number, place);
            id.update(row);
            // Each row as its difference from the one above (PNG's filter 2): most differ in a byte or two.
            rows.push(2);
            rows.extend(
                row.iter()
                    .zip(above)
                    .map(|(byte, above)| byte.wrapping_sub(above)),
            );
            above = row;
        }
        let id = data_encoding::HEXUPPER.encode(&id.finalize()[..16]);
        let entries = format!(
            "/Type/XRef/Size {}/W[1 5 2]/DecodeParms<</Predictor 12/Columns 8>>/Root {catalog} 0 R/Info {info} 0 R/ID[<{id}><{id}>]",
            self.places.len()
        );
        self.stream(table, &entries, &rows)?;
        self.write(format!("startxref\n{start}\n%%EOF\n").as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Kind (0 free, 1 in the file, 2 in an object stream), place in 5 bytes, and generation or index in 2.
fn row(number: usize, place: u64) -> [u8; 8] {
    let (kind, place, index) = match place {
        _ if number == 0 => (0, 0, 0xffff),
        0 => (0, 0, 0),
        inside if inside & INSIDE != 0 => (2, (inside & !INSIDE) >> 16, inside & 0xffff),
        offset => (1, offset, 0),
    };
    let mut row = [0; 8];
    row[0] = kind;
    row[1..6].copy_from_slice(&place.to_be_bytes()[3..]);
    row[6..].copy_from_slice(&(index as u16).to_be_bytes());
    row
}
