//! Keys in files, one each: `<kid>.key`.
//!
//! ```text
//! {"version":1,"kid":"0ab1ff00","purpose":"issuer",…}     one line: what is known of the key
//! 5f0c…                                                   one line: the sealed key, hexadecimal
//! ```
//! The first line, byte for byte, is the associated data of the second: whoever changes a key's purpose, period or state
//! in the file makes it useless. A file is replaced whole or not at all, and only its owner may read it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use teranga_core::card::key::Kid;
use teranga_core::card::trust::KeyState;
use teranga_core::sensitive::Secret;

use super::sealed::SealedKey;
use super::{KeyInfo, KeyStore, StoreError, StoredKey};

/// Keys in the files of a folder, sealed under a master key.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
    master: Secret<32>,
}

impl FileStore {
    /// Opens a folder of keys, making it if need be.
    pub fn open(folder: &Path, master: Secret<32>) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|source| io(folder, source))?;
        Ok(Self {
            folder: folder.to_owned(),
            master,
        })
    }

    fn path(&self, kid: Kid) -> PathBuf {
        self.folder.join(format!("{kid}.key"))
    }

    fn encode(&self, key: &StoredKey) -> Result<String, StoreError> {
        let kept = SealedKey::new(&self.master, key)?;
        Ok(format!("{}\n{}\n", kept.header, HEXLOWER.encode(&kept.sealed)))
    }

    fn read(&self, path: &Path) -> Result<StoredKey, StoreError> {
        let file = path.display().to_string();
        let malformed = || StoreError::Malformed(file.clone());
        let text = fs::read_to_string(path).map_err(|source| io(path, source))?;
        let (header, sealed) = text.split_once('\n').ok_or_else(malformed)?;
        let sealed = HEXLOWER
            .decode(sealed.trim_end().as_bytes())
            .map_err(|_| malformed())?;
        let header = header.to_owned();
        SealedKey { header, sealed }.open(&self.master, &file)
    }
}

impl KeyStore for FileStore {
    fn list(&self) -> Result<Vec<KeyInfo>, StoreError> {
        let mut infos = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|source| io(&self.folder, source))? {
            let path = entry.map_err(|source| io(&self.folder, source))?.path();
            if path.extension().is_some_and(|extension| extension == "key") {
                // Opened, not only read: what is listed is what the seal vouches for.
                infos.push(self.read(&path)?.info);
            }
        }
        infos.sort_by_key(|info| (info.made, info.kid));
        Ok(infos)
    }

    fn get(&self, kid: Kid) -> Result<StoredKey, StoreError> {
        let path = self.path(kid);
        match path.try_exists() {
            Ok(false) => Err(StoreError::Unknown(kid)),
            _ => self.read(&path),
        }
    }

    fn insert(&self, key: &StoredKey) -> Result<(), StoreError> {
        let path = self.path(key.info.kid);
        write_new(&path, self.encode(key)?.as_bytes()).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Taken(key.info.kid),
            _ => io(&path, source),
        })
    }

    fn set_state(&self, kid: Kid, state: KeyState) -> Result<(), StoreError> {
        let mut key = self.get(kid)?;
        if key.info.state == KeyState::Compromised {
            return Err(StoreError::Compromised(kid));
        }
        key.info.state = state;
        let path = self.path(kid);
        write_over(&path, self.encode(&key)?.as_bytes()).map_err(|source| io(&path, source))
    }
}

fn io(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io {
        path: path.display().to_string(),
        source,
    }
}

/// Writes a file that must not exist yet, whole or not at all, readable by its owner only.
pub fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let (folder, file) = written_beside(path, content)?;
    file.persist_noclobber(path)?;
    sync_folder(&folder)
}

/// Replaces a file, whole or not at all.
pub fn write_over(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let (folder, file) = written_beside(path, content)?;
    file.persist(path)?;
    sync_folder(&folder)
}

/// The content in a temporary file (mode 0600) on the same file system, on disk before it gets its name.
fn written_beside(path: &Path, content: &[u8]) -> std::io::Result<(PathBuf, tempfile::NamedTempFile)> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok((folder.to_owned(), file))
}

/// A rename is on disk when its folder is.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract::sample;
    use super::*;

    fn store(folder: &Path, master: u8) -> FileStore {
        FileStore::open(folder, Secret::take(&mut [master; 32])).unwrap()
    }

    #[test]
    fn keys_survive_a_restart_and_need_their_master_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = sample(1);
        store(folder.path(), 1).insert(&key).unwrap();
        assert_eq!(
            store(folder.path(), 1).list().unwrap(),
            std::slice::from_ref(&key.info)
        );
        let other = store(folder.path(), 2);
        assert!(matches!(other.get(key.info.kid), Err(StoreError::Sealed { .. })));
        assert!(matches!(other.list(), Err(StoreError::Sealed { .. })));
    }

    #[test]
    fn a_file_does_not_show_its_key_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = sample(1);
        store(folder.path(), 1).insert(&key).unwrap();
        let path = folder.path().join(format!("{}.key", key.info.kid));
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&HEXLOWER.encode(key.secret.reveal())));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_whose_state_was_changed_in_its_file_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path(), 1);
        let key = sample(1);
        store.insert(&key).unwrap();
        store.set_state(key.info.kid, KeyState::Compromised).unwrap();
        let path = folder.path().join(format!("{}.key", key.info.kid));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("compromised", "active")).unwrap();
        assert!(matches!(store.get(key.info.kid), Err(StoreError::Sealed { .. })));
        fs::write(&path, text.replacen("\"version\":1", "\"version\":2", 1)).unwrap();
        assert!(matches!(store.get(key.info.kid), Err(StoreError::Malformed(_))));
        fs::write(&path, "").unwrap();
        assert!(matches!(store.get(key.info.kid), Err(StoreError::Malformed(_))));
    }
}
