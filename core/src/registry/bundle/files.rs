//! The few things that a bundle's folder asks of a disk, so that a test can cut the power between any two of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// A flat folder of files. What was written survives a power cut after [`Files::sync`]; a rename or a removal after
/// [`Files::sync_folder`].
pub trait Files {
    /// Reads a file from its start.
    fn read(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;
    /// A file's length; none when there is no such file.
    fn length(&self, name: &str) -> io::Result<Option<u64>>;
    /// Cuts a file to `offset` bytes, or makes it, and writes the bytes after them.
    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Brings a file's contents to the disk.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Gives a file another's name, in one step.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Brings renames and removals to the disk.
    fn sync_folder(&mut self) -> io::Result<()>;
    /// The names of all files.
    fn names(&self) -> io::Result<Vec<String>>;
}

/// A folder of the operating system.
#[derive(Debug, Clone)]
pub struct Disk(PathBuf);

impl Disk {
    /// The folder, which is made when it is not there.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Files for Disk {
    fn read(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(io::BufReader::with_capacity(
            64 << 10,
            File::open(self.0.join(name))?,
        )))
    }

    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        match fs::metadata(self.0.join(name)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write_at(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let open = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.0.join(name));
        let mut file = open?;
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.0.join(name))?.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        // Windows cannot open a folder as a file and brings renames to the disk by itself.
        if cfg!(unix) {
            File::open(&self.0)?.sync_all()
        } else {
            Ok(())
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.0)?
            .filter_map(|entry| {
                entry
                    .map(|entry| entry.file_name().into_string().ok())
                    .transpose()
            })
            .collect()
    }
}
