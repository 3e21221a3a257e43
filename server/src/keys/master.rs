//! The master key, under which all stored secrets are sealed.
//!
//! `TERANGA_MASTER_KEY` holds it as 64 hexadecimal digits, or `TERANGA_MASTER_KEY_FILE` names a file that does. With
//! neither, the embedded default keeps one in the data folder: it is made on the first start, which says where it is,
//! because a copy of the data folder without it is useless, and with it is everything.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use data_encoding::HEXLOWER_PERMISSIVE;
use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;
use zeroize::Zeroizing;

/// The master key and where it came from.
#[derive(Debug)]
pub struct MasterKey {
    /// The key.
    pub key: Secret<32>,
    /// The file that was made for it just now, if one was.
    pub made: Option<PathBuf>,
}

/// Where to look for the master key besides `TERANGA_MASTER_KEY`, which never stands on a command line.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct MasterKeySource {
    /// File that holds the master key, 64 hexadecimal digits; TERANGA_MASTER_KEY holds it directly
    /// [default: master.key in the data folder, made on first use]
    #[arg(long = "master-key-file", env = "TERANGA_MASTER_KEY_FILE")]
    file: Option<PathBuf>,
}

impl MasterKeySource {
    /// The embedded default: a file in the data folder, unless the environment holds a key.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// Reads the master key; makes one in `data` when nothing names another.
    pub fn load(&self, data: &Path) -> anyhow::Result<MasterKey> {
        let value = std::env::var("TERANGA_MASTER_KEY").map(Zeroizing::new).ok();
        self.load_with(value.as_deref().map(String::as_str), data)
    }

    fn load_with(&self, value: Option<&str>, data: &Path) -> anyhow::Result<MasterKey> {
        if let Some(value) = value {
            return Ok(MasterKey {
                key: decode(value).context("TERANGA_MASTER_KEY")?,
                made: None,
            });
        }
        if let Some(file) = &self.file {
            return Ok(MasterKey {
                key: read(file)?,
                made: None,
            });
        }
        let file = data.join("master.key");
        if file.exists() {
            return Ok(MasterKey {
                key: read(&file)?,
                made: None,
            });
        }
        let key = Secret::generate(&mut OsRandom)?;
        let digits = Zeroizing::new(data_encoding::HEXLOWER.encode(key.reveal()) + "\n");
        super::store::write_new(&file, digits.as_bytes())
            .with_context(|| format!("the master key could not be written to {}", file.display()))?;
        Ok(MasterKey {
            key,
            made: Some(file),
        })
    }
}

fn read(file: &Path) -> anyhow::Result<Secret<32>> {
    let said = || format!("the master key file {}", file.display());
    let text = Zeroizing::new(std::fs::read_to_string(file).with_context(said)?);
    decode(&text).with_context(said)
}

fn decode(text: &str) -> anyhow::Result<Secret<32>> {
    let bytes = HEXLOWER_PERMISSIVE
        .decode(text.trim().as_bytes())
        .map(Zeroizing::new);
    let key = bytes.ok().and_then(|bytes| Secret::from_slice(&bytes));
    key.context("a master key has 64 hexadecimal digits; make one with `openssl rand -hex 32`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_use_makes_a_key_that_the_next_one_finds() {
        let data = tempfile::tempdir().unwrap();
        let first = MasterKeySource::embedded().load_with(None, data.path()).unwrap();
        let second = MasterKeySource::embedded().load_with(None, data.path()).unwrap();
        assert_eq!(first.made, Some(data.path().join("master.key")));
        assert_eq!(second.made, None);
        assert!(first.key.same_as(&second.key));
    }

    #[test]
    fn a_key_from_the_environment_comes_before_files_and_leaves_none() {
        let data = tempfile::tempdir().unwrap();
        let source = MasterKeySource {
            file: Some("absent".into()),
        };
        let master = source.load_with(Some(&"0a".repeat(32)), data.path()).unwrap();
        assert_eq!(master.key.reveal(), &[10; 32]);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
        assert!(
            source.load_with(Some("0a"), data.path()).is_err(),
            "a bad one is not passed over in silence"
        );
    }

    #[test]
    fn a_key_of_another_form_is_refused_without_being_repeated() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("short.key");
        std::fs::write(&file, "c0ffee").unwrap();
        let error = MasterKeySource { file: Some(file) }
            .load_with(None, data.path())
            .unwrap_err();
        let said = format!("{error:#}");
        assert!(
            said.contains("64 hexadecimal digits") && !said.contains("c0ffee"),
            "{said}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().unwrap();
        MasterKeySource::embedded().load_with(None, data.path()).unwrap();
        let mode = data
            .path()
            .join("master.key")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
