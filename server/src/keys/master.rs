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

/// Where to look for the master key.
#[derive(Debug, Clone, clap::Args)]
pub struct MasterKeySource {
    /// The master key, 64 hexadecimal digits
    #[arg(long = "master-key", env = "TERANGA_MASTER_KEY", hide_env_values = true, hide = true, value_parser = parse_withheld)]
    value: Option<WithheldText>,
    /// File that holds the master key [default: master.key in the data folder, made on first use]
    #[arg(long = "master-key-file", env = "TERANGA_MASTER_KEY_FILE")]
    file: Option<PathBuf>,
}

/// A text that does not print; wiped when dropped.
#[derive(Clone)]
struct WithheldText(Zeroizing<String>);

impl std::fmt::Debug for WithheldText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[withheld]")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap's parsers return a result")]
fn parse_withheld(text: &str) -> Result<WithheldText, std::convert::Infallible> {
    Ok(WithheldText(Zeroizing::new(text.to_owned())))
}

impl MasterKeySource {
    /// The embedded default: no environment, a file in the data folder.
    pub fn embedded() -> Self {
        Self {
            value: None,
            file: None,
        }
    }

    /// Reads the master key; makes one in `data` when nothing names another.
    pub fn load(&self, data: &Path) -> anyhow::Result<MasterKey> {
        if let Some(value) = &self.value {
            let key = decode(&value.0).context("TERANGA_MASTER_KEY")?;
            return Ok(MasterKey { key, made: None });
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
        let digits = Zeroizing::new(data_encoding::HEXLOWER.encode(key.reveal()));
        super::store::write_new(&file, format!("{}\n", digits.as_str()).as_bytes())
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
        let first = MasterKeySource::embedded().load(data.path()).unwrap();
        let second = MasterKeySource::embedded().load(data.path()).unwrap();
        assert_eq!(first.made, Some(data.path().join("master.key")));
        assert_eq!(second.made, None);
        assert!(first.key.same_as(&second.key));
    }

    #[test]
    fn a_key_from_the_environment_comes_before_files_and_leaves_none() {
        let data = tempfile::tempdir().unwrap();
        let value = parse_withheld(&"0a".repeat(32)).unwrap();
        let source = MasterKeySource {
            value: Some(value),
            file: Some("absent".into()),
        };
        assert_eq!(source.load(data.path()).unwrap().key.reveal(), &[10; 32]);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
        assert!(!format!("{source:?}").contains("0a0a"));
    }

    #[test]
    fn a_key_of_another_form_is_refused_without_being_repeated() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("short.key");
        std::fs::write(&file, "c0ffee").unwrap();
        let error = MasterKeySource {
            value: None,
            file: Some(file),
        }
        .load(data.path())
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
        MasterKeySource::embedded().load(data.path()).unwrap();
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
