//! The records of the format, as bytes (APPNOTE 6.3.10).

use jiff::civil::Date;

/// Where 32 bits end: a field that holds this says "see the ZIP64 record".
const FULL_32: u64 = u32::MAX as u64;
/// The same for 16 bits.
const FULL_16: u64 = u16::MAX as u64;
/// Version 2.0: folders.
const VERSION_PLAIN: u16 = 20;
/// Version 4.5: ZIP64.
const VERSION_ZIP64: u16 = 45;
/// Bit 11: the name is UTF-8.
const UTF8: u16 = 1 << 11;
/// Made on Unix, so that the upper attributes are a file mode: a plain file, readable by all.
const MADE_ON_UNIX: u16 = 3 << 8;
const MODE: u32 = 0o100_644 << 16;

/// What is known of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Name with folders.
    pub name: &'a str,
    /// Bytes of data.
    pub size: u64,
    /// CRC-32 of the data.
    pub crc: u32,
    /// Day that it is dated with.
    pub date: Date,
    /// Where its local header begins.
    pub offset: u64,
}

impl Entry<'_> {
    /// What stands in front of the data.
    pub fn local_header(&self) -> Vec<u8> {
        let is_large = self.size >= FULL_32;
        let mut record = Vec::with_capacity(64 + self.name.len());
        record.extend(0x0403_4b50_u32.to_le_bytes());
        record.extend(if is_large { VERSION_ZIP64 } else { VERSION_PLAIN }.to_le_bytes());
        self.shared(&mut record);
        record.extend(if is_large { 20_u16 } else { 0 }.to_le_bytes());
        record.extend(self.name.as_bytes());
        if is_large {
            extra(&mut record, &[self.size, self.size]);
        }
        record
    }

    /// Its line of the central directory.
    pub fn directory_line(&self) -> Vec<u8> {
        let mut large = Vec::new();
        if self.size >= FULL_32 {
            large.extend([self.size, self.size]);
        }
        if self.offset >= FULL_32 {
            large.push(self.offset);
        }
        let version = if large.is_empty() {
            VERSION_PLAIN
        } else {
            VERSION_ZIP64
        };
        let mut record = Vec::with_capacity(80 + self.name.len());
        record.extend(0x0201_4b50_u32.to_le_bytes());
        record.extend((MADE_ON_UNIX | version).to_le_bytes());
        record.extend(version.to_le_bytes());
        self.shared(&mut record);
        let extra_length = if large.is_empty() {
            0
        } else {
            4 + 8 * large.len() as u16
        };
        record.extend(extra_length.to_le_bytes());
        // No comment, first disk, no internal attributes.
        record.extend([0; 6]);
        record.extend(MODE.to_le_bytes());
        record.extend((self.offset.min(FULL_32) as u32).to_le_bytes());
        record.extend(self.name.as_bytes());
        if !large.is_empty() {
            extra(&mut record, &large);
        }
        record
    }

    /// The fields from the flags to the length of the name, which both records share. Method 0: stored.
    fn shared(&self, record: &mut Vec<u8>) {
        record.extend(UTF8.to_le_bytes());
        record.extend(0_u16.to_le_bytes());
        record.extend(0_u16.to_le_bytes());
        record.extend(dos(self.date).to_le_bytes());
        record.extend(self.crc.to_le_bytes());
        let size = self.size.min(FULL_32) as u32;
        record.extend(size.to_le_bytes());
        record.extend(size.to_le_bytes());
        record.extend((self.name.len() as u16).to_le_bytes());
    }
}

fn extra(record: &mut Vec<u8>, values: &[u64]) {
    record.extend(1_u16.to_le_bytes());
    record.extend((8 * values.len() as u16).to_le_bytes());
    values.iter().for_each(|value| record.extend(value.to_le_bytes()));
}

/// A date as MS-DOS writes it; its years go from 1980 to 2107.
fn dos(date: Date) -> u16 {
    let year = (i32::from(date.year()) - 1980).clamp(0, 127) as u16;
    year << 9 | (date.month() as u16) << 5 | date.day() as u16
}

/// Everything after the central directory: the ZIP64 records if any number needs them, and the end record.
pub fn end(entries: u64, directory_size: u64, directory_offset: u64) -> Vec<u8> {
    let mut record = Vec::with_capacity(98);
    if entries >= FULL_16 || directory_size >= FULL_32 || directory_offset >= FULL_32 {
        record.extend(0x0606_4b50_u32.to_le_bytes());
        record.extend(44_u64.to_le_bytes());
        record.extend((MADE_ON_UNIX | VERSION_ZIP64).to_le_bytes());
        record.extend(VERSION_ZIP64.to_le_bytes());
        record.extend([0; 8]);
        for number in [entries, entries, directory_size, directory_offset] {
            record.extend(number.to_le_bytes());
        }
        record.extend(0x0706_4b50_u32.to_le_bytes());
        record.extend(0_u32.to_le_bytes());
        record.extend((directory_offset + directory_size).to_le_bytes());
        record.extend(1_u32.to_le_bytes());
    }
    record.extend(0x0605_4b50_u32.to_le_bytes());
    record.extend([0; 4]);
    let count = entries.min(FULL_16) as u16;
    record.extend(count.to_le_bytes());
    record.extend(count.to_le_bytes());
    record.extend((directory_size.min(FULL_32) as u32).to_le_bytes());
    record.extend((directory_offset.min(FULL_32) as u32).to_le_bytes());
    record.extend([0; 2]);
    record
}
